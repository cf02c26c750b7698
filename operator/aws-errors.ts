/**
 * What AWS's errors mean to somebody at a keyboard: one sentence with what to do next. Whatever is not in the table is
 * shown with its name.
 */

export interface Where {
  /** The function, or the secret. */
  readonly what: string;
  readonly region: string;
  /** The IAM action that the call needs. */
  readonly action: string;
}

const SIGN_IN =
  'Sign in (aws sso login), or set AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, then repeat the command.';

export function explainAwsError(error: unknown, { what, region, action }: Where): string {
  const name = nameOf(error);
  switch (name) {
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return `There are no AWS credentials on this machine. ${SIGN_IN}`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return `The AWS credentials have expired. ${SIGN_IN}`;
    case 'UnrecognizedClientException':
    case 'InvalidClientTokenId':
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch':
      return `AWS does not accept the credentials (${name}). Set the clock of this machine if it is off. ${SIGN_IN}`;
    case 'AccessDeniedException':
    case 'AccessDenied':
      return `These AWS credentials may not do that: ask for ${action} on ${what} in ${region}.`;
    case 'ResourceNotFoundException':
      return `There is no ${what} in ${region}. Name the right --stack and --region, or deploy first: npm run deploy`;
    case 'TooManyRequestsException':
    case 'ThrottlingException':
      return 'AWS is throttling. Nothing was done; repeat the command in a minute.';
    case 'TimeoutError':
    case 'AbortError':
      return `No answer of ${what}. It may still be at work: ask for status before you repeat the command.`;
    default:
      return isConnection(error)
        ? `AWS cannot be reached in ${region} (${codeOf(error)}). Check the network, and that the region is right.`
        : `AWS answered ${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'an unknown error';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isConnection(error: unknown): boolean {
  return /^(ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(
    codeOf(error),
  );
}
