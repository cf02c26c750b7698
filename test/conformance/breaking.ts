/**
 * A server with one fault: functions that stand between the suite and the real server and spoil requests or answers.
 * the `breakages-*.ts` say which faults there are and which check has to see each of them.
 */
import { isJson, type Json, parse } from './json.ts';
import type { Received, Send, Sent } from './transport.ts';

export interface Breakage {
  /** What the broken server does. */
  readonly breaks: string;
  /** Id of the check that has to fail. */
  readonly caughtBy: string;
  /** Checks whose requests the catching one judges. */
  readonly also?: readonly string[];
  readonly proxy: (send: Send) => Send;
}

export type When = (sent: Sent) => boolean;

/** Requests of these methods whose address matches. */
export function on(methods: string, address: RegExp): When {
  return ({ method, url }) => methods.split(' ').includes(method) && address.test(pathOf(url));
}

/** Behind `/scim/v2`, with the query, decoded. */
export function pathOf(url: string): string {
  const behind = url.replace(/^https?:\/\/[^/]+(\/scim\/v2)?/, '');
  try {
    return decodeURIComponent(behind.replaceAll('+', ' '));
  } catch {
    // URIError: some checks send what cannot be decoded.
    return behind;
  }
}

export const always: When = () => true;

export function answers(
  when: When,
  change: (received: Received, sent: Sent) => Received,
): (send: Send) => Send {
  return (send) => async (sent) => {
    const received = await send(sent);
    return when(sent) ? change(received, sent) : received;
  };
}

/** Changes the JSON of answers; what is no JSON object stays. */
export function json(when: When, change: (body: Json, sent: Sent) => unknown): (send: Send) => Send {
  return answers(when, (received, sent) => {
    const body = parse(received.text);
    return isJson(body) ? { ...received, text: JSON.stringify(change(body, sent)) } : received;
  });
}

/** Changes every user or group in answers, also inside lists. */
export function resources(when: When, change: (resource: Json, sent: Sent) => Json): (send: Send) => Send {
  return json(when, (body, sent) => {
    if (Array.isArray(body['Resources'])) {
      return {
        ...body,
        Resources: body['Resources'].map((item) => (isJson(item) ? change(item, sent) : item)),
      };
    }
    return body['meta'] === undefined ? body : change(body, sent);
  });
}

/** Turns answers of one status into another. */
export function status(from: number, to: number, when: When = always): (send: Send) => Send {
  return answers(when, (received) => (received.status === from ? { ...received, status: to } : received));
}

export function header(name: string, value: string | undefined, when: When = always): (send: Send) => Send {
  return answers(when, (received) => {
    const { [name]: _old, ...rest } = received.headers;
    return { ...received, headers: value === undefined ? rest : { ...rest, [name]: value } };
  });
}

export function requests(when: When, change: (sent: Sent) => Sent): (send: Send) => Send {
  return (send) => (sent) => send(when(sent) ? change(sent) : sent);
}

export function bodies(when: When, change: (body: Json) => unknown): (send: Send) => Send {
  return requests(when, (sent) => {
    const body = parse(String(sent.body ?? ''));
    return isJson(body) ? { ...sent, body: JSON.stringify(change(body)) } : sent;
  });
}

/** Each operation of a PATCH, changed. */
export function operations(change: (operation: Json) => unknown): (send: Send) => Send {
  return bodies(on('PATCH', /./), (body) => {
    const list = body['Operations'];
    return {
      ...body,
      Operations: Array.isArray(list) ? list.map((item) => (isJson(item) ? change(item) : item)) : list,
    };
  });
}

/** The text of the filter in the query, changed. */
export function filters(change: (filter: string) => string): (send: Send) => Send {
  return requests(on('GET', /filter=/), (sent) => {
    const [path = '', query = ''] = sent.url.split('?');
    const pairs = query.split('&').map((pair) => {
      const value = /^filter=(.*)$/.exec(pair)?.[1];
      return value === undefined ? pair : `filter=${encodeURIComponent(change(decodeURIComponent(value)))}`;
    });
    return { ...sent, url: `${path}?${pairs.join('&')}` };
  });
}

/** Query parameters of this name are not looked at. */
export function ignoring(name: string): (send: Send) => Send {
  return requests(always, (sent) => {
    const [path = '', query] = sent.url.split('?');
    if (query === undefined) return sent;
    const pairs = query.split('&').filter((pair) => pair.split('=')[0]?.toLowerCase() !== name.toLowerCase());
    return { ...sent, url: pairs.length === 0 ? path : `${path}?${pairs.join('&')}` };
  });
}

export function ignoringHeader(name: string): (send: Send) => Send {
  return requests(always, (sent) => {
    const { [name]: _ignored, ...headers } = sent.headers;
    return { ...sent, headers };
  });
}

/** Answers without asking the server. */
export function instead(when: When, received: Received): (send: Send) => Send {
  return (send) => async (sent) => (when(sent) ? received : send(sent));
}

export function without(object: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

export function answer(code: number, body?: unknown): Received {
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status: code, headers: { 'content-type': 'application/scim+json' }, text };
}

/** The JSON that was sent. */
export function sentBody(sent: { readonly body?: string | Buffer }): Json {
  const body = parse(String(sent.body ?? ''));
  return isJson(body) ? body : {};
}

/** A resource whose meta says something else. */
export function withMeta(resource: Json, more: Json): Json {
  return { ...resource, meta: { ...(isJson(resource['meta']) ? resource['meta'] : {}), ...more } };
}

/** Another version and time with every answer. */
export function counted(): Breakage['proxy'] {
  let count = 0;
  return (send) => async (sent) => {
    const received = await send(sent);
    count += 1;
    const body = parse(received.text);
    const shown =
      isJson(body) && isJson(body['meta'])
        ? JSON.stringify(
            withMeta(body, { version: `W/"${count}"`, lastModified: new Date(count).toISOString() }),
          )
        : received.text;
    return { ...received, text: shown, headers: { ...received.headers, etag: `W/"${count}"` } };
  };
}
