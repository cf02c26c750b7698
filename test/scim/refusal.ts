import { ScimError } from '../../lambdas/scim/errors.ts';

/** Status and keyword with which a call is refused; `accepted` when it is not. Any other error passes through. */
export function refusal(call: () => unknown): [number, string | undefined] | 'accepted' {
  try {
    call();
  } catch (error) {
    if (error instanceof ScimError) return [error.status, error.scimType];
    throw error;
  }
  return 'accepted';
}

/** The same for what is decided later. */
export async function refusalOf(call: Promise<unknown>): Promise<[number, string | undefined] | 'accepted'> {
  try {
    await call;
  } catch (error) {
    return refusal(() => {
      throw error;
    });
  }
  return 'accepted';
}
