/** Planted bugs of the way to Adobe and of the edge: answers, tokens, packing, logs (F32-F49, I16-I18). */
import type { Plant } from './plant.ts';

const one = (file: string, text: string, becomes: string) => [{ file, text, becomes }];

export const adobePlants: readonly Plant[] = [
  {
    name: 'retry-after-unread',
    rows: 'F32 I16',
    says: 'Retry-After in seconds is not understood',
    changes: one(
      'adobe/retry-after.ts',
      '  if (delayMs === undefined) return undefined;',
      '  if (delayMs === undefined || /^[0-9]/.test(text)) return undefined;',
    ),
  },
  {
    name: 'error-is-not-done',
    rows: 'F35',
    says: 'a 5xx says that nothing happened',
    changes: one(
      'adobe/client.ts',
      "  if (status >= 500 || status === 408) return { kind: 'unknown', error, ...wait };",
      "  if (status >= 500 || status === 408) return { kind: 'refused', reason: 'unreachable', error, ...wait };",
    ),
  },
  {
    name: 'lost-is-not-sent',
    rows: 'F35 I12',
    says: 'a connection that broke says that nothing happened',
    changes: one(
      'adobe/client.ts',
      "  if (called.kind === 'lost') return { kind: 'unknown', error: called.error };",
      "  if (called.kind === 'lost') return { kind: 'refused', reason: 'unreachable', error: called.error };",
    ),
  },
  {
    name: 'partial-is-success',
    rows: 'F37',
    says: 'a 200 means that every command was done',
    changes: one(
      'adobe/answers.ts',
      'errors: (errors ?? []).filter((error) => error.index === index),',
      'errors: (errors ?? []).filter((error) => error.index === index && error.index < 0),',
    ),
  },
  {
    name: 'errors-of-neighbours',
    rows: 'F37',
    says: 'errors are matched to the command after the one they name',
    changes: one(
      'adobe/answers.ts',
      'errors: (errors ?? []).filter((error) => error.index === index),',
      'errors: (errors ?? []).filter((error) => error.index + 1 === index),',
    ),
  },
  {
    name: 'contradiction-believed',
    rows: 'F38',
    says: 'an answer whose result is none is read for its errors only',
    changes: one(
      'adobe/answers.ts',
      "  if (contradiction !== undefined) return { kind: 'unknown', error: contradiction };",
      "  if (contradiction !== undefined) return { kind: 'refused', reason: 'throttled', error: contradiction };",
    ),
  },
  {
    name: 'unreadable-is-success',
    rows: 'F40',
    says: 'a 200 without a body means that every command was done',
    changes: one(
      'adobe/answers.ts',
      "    return { kind: 'unknown', error: transportError('answer.unreadable', 'HTTP 200 without a result') };",
      "    return { kind: 'refused', reason: 'throttled', error: transportError('answer.unreadable', 'HTTP 200 without a result') };",
    ),
  },
  {
    name: 'already-there-is-an-error',
    rows: 'F39',
    says: 'being there already is held against the person',
    changes: one(
      'sync/outcome.ts',
      "    else if (outcome.error.class === 'ok') state = already(state, action, input);\n",
      '',
    ),
  },
  {
    name: 'token-kept-for-ever',
    rows: 'F42',
    says: 'an access token that Adobe refused is used again',
    changes: one('adobe/client.ts', '    deps.token.invalidate(token.token);\n', ''),
  },
  {
    name: 'address-in-two-commands',
    rows: 'F48 R31',
    says: 'one address may occur in several commands of a request',
    changes: one(
      'adobe/pack.ts',
      '    const free = !marks.some((mark) => taken.has(mark));',
      '    const free = marks.length > 0;',
    ),
    hidden: 'whoever waits for an address is planned only when nobody claims it any more (R3)',
  },
  {
    name: 'eleven-commands',
    rows: 'I16',
    says: 'a request carries as many commands as there is work',
    changes: one(
      'adobe/pack.ts',
      'const { maxCommands = MAX, maxSteps',
      'const { maxCommands = 10 * MAX, maxSteps',
    ),
    hidden: 'the client refuses more than ten commands itself, and few runs have eleven people due at once',
  },
  {
    name: 'rename-keeps-username',
    rows: 'F49',
    says: 'a rename sends the address and leaves the login behind',
    changes: one(
      'adobe/pack.ts',
      "return { update: type === 'enterpriseID' ? { email } : { email, username } };",
      'return { update: type === username ? { email, username } : { email } };',
    ),
  },
  {
    name: 'addresses-in-the-log',
    rows: 'I18',
    says: 'the log keeps the addresses that it is given',
    changes: one('log.ts', '***@${last', '@${last'),
    hidden: 'the product puts no address into a log line in the first place; the mask is a second net',
  },
];
