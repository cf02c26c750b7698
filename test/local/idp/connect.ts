/** Two states of one invented person, and a dialect that talks to a tiny SCIM server. */
import type { DialectName, Person, Send } from '../../../local/idp/dialect.ts';
import { createDialect } from '../../../local/idp/dialects.ts';
import type { TinyScim } from './tiny-scim.ts';

export const ada: Person = {
  key: '00uADA',
  userName: 'ada.park@example.com',
  email: 'ada.park@example.com',
  givenName: 'Ada',
  familyName: 'Park',
  department: 'Field',
};
export const wed: Person = {
  ...ada,
  userName: 'ada.berg@example.com',
  email: 'ada.berg@example.com',
  familyName: 'Berg',
};

/** `waits` collects what the client waited for, in milliseconds. */
export function connect(name: DialectName, scim: TinyScim, send: Send = scim.send) {
  const waits: number[] = [];
  const dialect = createDialect(name, {
    send,
    token: 'secret',
    newId: () => 'random-1',
    wait: async (ms) => {
      waits.push(ms);
    },
  });
  return { dialect, waits };
}
