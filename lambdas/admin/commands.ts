/** All that an operator may ask and do, by the name on the wire. */
import type { Commands } from './command.ts';
import { mappingApply } from './mapping-apply.ts';
import { mappingShow } from './mapping-show.ts';
import type { AdminParts } from './parts.ts';
import { statusPerson } from './person.ts';
import { status } from './status.ts';
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts';
import { who } from './who.ts';

/** Bound to one connection and its org; the results are for people (`text`) and machines (`data`). */
export function createCommands(parts: AdminParts): Commands {
  return {
    'token.create': tokenCreate(parts),
    'token.list': tokenList(parts),
    'token.revoke': tokenRevoke(parts),
    'mapping.apply': mappingApply(parts),
    'mapping.show': mappingShow(parts),
    status: status(parts),
    'status.person': statusPerson(parts),
    who: who(parts),
  };
}
