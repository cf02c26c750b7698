/**
 * Takes the place of the SDK's default chain of credentials in the bundles (`infra/bundle.ts`): in Lambda the role's
 * credentials are in the environment, always, so the code that would look for them in files, in containers and at sign-on
 * services is left out: a fifth of the bundle, and a door less.
 */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Has the name and the shape that the SDK's clients import. @throws Error that names the missing variable */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const sessionToken = process.env['AWS_SESSION_TOKEN'];
    return {
      accessKeyId: required('AWS_ACCESS_KEY_ID'),
      secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: this bundle runs in Lambda, which sets it`);
  return value;
}
