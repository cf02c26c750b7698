/**
 * What a bundle finds around it in AWS: DynamoDB that refuses what the role of the function may not do, Secrets Manager
 * with two secrets, and the simulated Adobe org behind a socket.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { Holder, Names } from '../../../infra/rights.ts';
import { type AdobeOrg, asFetch } from '../../../local/adobe-org.ts';
import { close, listen } from '../../../local/serve.ts';
import { allows, needsOfInput } from '../../rights.ts';

export interface Service {
  readonly url: string;
  /** What was refused or asked for, for the test to look at. */
  readonly seen: string[];
  close(): Promise<void>;
}

type Reply = {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string | Buffer;
};
type Handle = (request: IncomingMessage, body: Buffer, seen: string[]) => Promise<Reply>;

async function service(handle: Handle): Promise<Service> {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const reply = await handle(request, Buffer.concat(chunks), seen);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await listen(server, 0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await close(server);
    },
  };
}

/** The table as the role of `holder` sees it. */
export function tableFor(holder: Holder, endpoint: string, names: Names): Promise<Service> {
  return service(async (request, body, seen) => {
    const target = String(request.headers['x-amz-target']);
    const needs = needsOfInput(target.replace(/^.*\./, ''), JSON.parse(body.toString()));
    const refused = needs.filter((need) => !allows(holder, need, names));
    if (refused.length > 0) {
      seen.push(JSON.stringify(refused));
      const error = { __type: 'com.amazon.coral.service#AccessDeniedException', message: 'not authorized' };
      return {
        status: 400,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify(error),
      };
    }
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'x-amz-target': target,
        'content-type': 'application/x-amz-json-1.0',
        authorization: String(request.headers.authorization),
        'x-amz-date': String(request.headers['x-amz-date']),
      },
      body: new Uint8Array(body),
    });
    return {
      status: answer.status,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Buffer.from(await answer.arrayBuffer()),
    };
  });
}

export function secretsWith(secrets: Readonly<Record<string, string>>): Promise<Service> {
  return service(async (_request, body, seen) => {
    const id = String(JSON.parse(body.toString()).SecretId);
    seen.push(id);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ SecretString: secrets[id] }),
    };
  });
}

export function adobeAt(org: AdobeOrg): Promise<Service> {
  const ask = asFetch(org);
  return service(async (request, body) => {
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const answer = await ask(`http://adobe.test${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length === 0 ? {} : { body: body.toString() }),
    });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: await answer.text(),
    };
  });
}

/** A database that takes every question and never answers. */
export function silence(): Promise<Service> {
  return service(() => new Promise(() => undefined));
}
