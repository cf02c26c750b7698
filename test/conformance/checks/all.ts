/** The sections of the suite, in the order of the checklist. */
import type { Section } from '../check.ts';
import { attributeTypes } from './attribute-types.ts';
import { authentication } from './authentication.ts';
import { bulkRequests, me } from './bulk.ts';
import { configuration } from './configuration.ts';
import { create, readOne } from './create.ts';
import { cursorPaging } from './cursors.ts';
import { errors, security } from './errors.ts';
import { filterGrammar } from './filter-grammar.ts';
import { filterMeaning } from './filter-meaning.ts';
import { groups } from './groups.ts';
import { lists } from './lists.ts';
import { indexPaging } from './paging.ts';
import { patchEnvelope } from './patch.ts';
import { patchAdd } from './patch-add.ts';
import { patchRemove } from './patch-remove.ts';
import { patchReplace } from './patch-replace.ts';
import { patchRules } from './patch-rules.ts';
import { projection } from './projection.ts';
import { remove, replace } from './replace.ts';
import { resources } from './resources.ts';
import { schemas } from './schemas.ts';
import { sorting } from './sorting.ts';
import { transport } from './transport.ts';
import { users } from './users.ts';
import { versions } from './versions.ts';

export const sections: readonly Section[] = [
  transport,
  authentication,
  configuration,
  schemas,
  resources,
  attributeTypes,
  users,
  groups,
  create,
  readOne,
  lists,
  filterGrammar,
  filterMeaning,
  sorting,
  indexPaging,
  cursorPaging,
  projection,
  replace,
  patchEnvelope,
  patchRules,
  patchAdd,
  patchRemove,
  patchReplace,
  remove,
  versions,
  errors,
  bulkRequests,
  me,
  security,
];
