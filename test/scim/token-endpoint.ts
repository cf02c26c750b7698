/** The token endpoint of a test bridge, with one client of it. */
import { expect } from 'vitest';
import type { NewToken } from '../../lambdas/directory/directory.ts';
import { CONNECTION } from '../open.ts';
import { type Answered, openTestScim, type TestScim } from './bridge.ts';

export const FORM = 'application/x-www-form-urlencoded';
export const GRANT = 'grant_type=client_credentials';

export interface Ask {
  readonly form?: string;
  readonly authorization?: string;
  readonly type?: string;
  readonly method?: string;
  readonly query?: string;
  readonly source?: string;
  readonly headers?: Record<string, string>;
}

export interface TokenEndpoint {
  readonly bridge: TestScim;
  readonly id: string;
  readonly secret: string;
  /** The client's id and secret as form parameters. */
  readonly inForm: string;
  readonly ask: (request: Ask) => Promise<Answered>;
  readonly newClient: (draft?: Partial<NewToken>) => Promise<{ id: string; secret: string }>;
}

export async function openTokenEndpoint(): Promise<TokenEndpoint> {
  const bridge = await openTestScim();
  const newClient = async (draft: Partial<NewToken> = {}) => {
    const made = await bridge.directory.createToken(CONNECTION, { label: 'Ping', kind: 'client', ...draft });
    return { id: made.token.id, secret: made.secret };
  };
  const { id, secret } = await newClient();
  const inForm = `client_id=${id}&client_secret=${secret}`;
  return { bridge, id, secret, inForm, newClient, ask: (request) => send(bridge, request) };
}

function send(
  bridge: TestScim,
  { form, authorization, type = FORM, method = 'POST', query = '', source, headers }: Ask,
): Promise<Answered> {
  return bridge.send({
    method,
    rawPath: '/oauth/token',
    rawQuery: query,
    headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }), ...headers },
    body: form,
    source,
  });
}

export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Status and code of an error, with all that every answer of the endpoint has (RFC 6749 5.2). */
export function errorIn({ status, headers, json }: Answered): [number, unknown] {
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    pragma: 'no-cache',
  });
  expect(Object.keys(json)).toEqual(['error', 'error_description']);
  // Printable ASCII without quote and backslash.
  expect(json['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  return [status, json['error']];
}
