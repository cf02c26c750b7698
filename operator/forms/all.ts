/** Every command, in the order and the sections of the help. */
import type { Form } from '../form.ts';
import { driftForms } from './drift.ts';
import { journalForms } from './journal.ts';
import { mappingForms } from './mapping.ts';
import { peopleForms } from './people.ts';
import { safetyForms } from './safety.ts';
import { settingsForms } from './settings.ts';
import { setupForms } from './setup.ts';
import { tokenForms } from './token.ts';

export const sections: readonly (readonly Form[])[] = [
  setupForms,
  peopleForms,
  driftForms,
  mappingForms,
  safetyForms,
  settingsForms,
  journalForms,
  tokenForms,
];
