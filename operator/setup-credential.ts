/**
 * Where set-up gets the Adobe credential from: a file or the standard input, else questions. It is read once, handed to
 * where the bridge keeps it, and stands in no message. Both Adobe's download and the bridge's own form are understood.
 */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { parseJson } from './answer.ts';
import type { Terminal } from './terminal.ts';

const text = z.string().trim().min(1);
const Own = z.object({ orgId: text, clientId: text, clientSecret: text });
/** "Download JSON" of the Developer Console. */
const Downloaded = z
  .object({ ORG_ID: text, CLIENT_ID: text, CLIENT_SECRETS: z.array(text).min(1) })
  .transform(({ ORG_ID, CLIENT_ID, CLIENT_SECRETS }) => ({
    orgId: ORG_ID,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRETS[0] ?? '',
  }));
const Credential = z.union([Own, Downloaded]);
export type Credential = z.infer<typeof Own>;

export type CredentialRead = Credential | { readonly problem: string };

export async function credentialFrom(source: string, terminal: Terminal): Promise<CredentialRead> {
  let content: string;
  try {
    content = source === '-' ? await terminal.readAll() : readFileSync(source, 'utf8');
  } catch (error) {
    return { problem: `cannot read ${source}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = Credential.safeParse(parseJson(content));
  if (!parsed.success)
    return {
      problem: `${source === '-' ? 'the standard input' : source} is no Adobe credential: it must be JSON with "orgId", "clientId" and "clientSecret", or what the Developer Console downloads`,
    };
  return judge(parsed.data);
}

export async function askCredential(terminal: Terminal): Promise<CredentialRead> {
  const orgId = await terminal.ask('Organization ID (ends with @AdobeOrg): ');
  const clientId = await terminal.ask('Client ID: ');
  const clientSecret = await terminal.askSecret('Client secret (not shown): ');
  const parsed = Own.safeParse({ orgId, clientId, clientSecret });
  return parsed.success ? judge(parsed.data) : { problem: 'all three are needed: run setup again' };
}

function judge(credential: Credential): CredentialRead {
  return /^[^@\s]+@AdobeOrg$/.test(credential.orgId)
    ? credential
    : {
        problem: `the organization ID must end with @AdobeOrg; the Developer Console shows it beside the client ID`,
      };
}
