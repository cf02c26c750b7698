/** All that an operator may ask and do, by the name on the wire. */
import { DirectoryBusy } from '../directory/directory.ts';
import { type Command, type Commands, Refused } from './command.ts';
import { doctor } from './doctor.ts';
import { drift, driftPerson, reconcileNow } from './drift.ts';
import { erase } from './erase.ts';
import { explain } from './explain.ts';
import { holdsApprove, holdsList, holdsReject, holdsShow } from './holds.ts';
import { journalExport, journalShow, journalVerify } from './journal.ts';
import { mappingApply } from './mapping-apply.ts';
import { mappingRelink } from './mapping-relink.ts';
import { mappingShow } from './mapping-show.ts';
import { mode } from './mode.ts';
import type { AdminParts } from './parts.ts';
import { pause, resume } from './pause.ts';
import { statusPerson } from './person.ts';
import { plan } from './plan.ts';
import { restore } from './restore.ts';
import { retry } from './retry.ts';
import { settingsApply, settingsShow } from './settings.ts';
import { setupConnect, setupLook } from './setup.ts';
import { status } from './status.ts';
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts';
import { who } from './who.ts';

/** Bound to one connection and its org; the results are for people (`text`) and machines (`data`). */
export function createCommands(parts: AdminParts): Commands {
  const commands: Commands = {
    'token.create': tokenCreate(parts),
    'token.list': tokenList(parts),
    'token.revoke': tokenRevoke(parts),
    'mapping.apply': mappingApply(parts),
    'mapping.show': mappingShow(parts),
    'holds.list': holdsList(parts),
    'holds.show': holdsShow(parts),
    'holds.approve': holdsApprove(parts),
    'holds.reject': holdsReject(parts),
    mode: mode(parts),
    pause: pause(parts),
    resume: resume(parts),
    restore: restore(parts),
    status: status(parts),
    'status.person': statusPerson(parts),
    who: who(parts),
    explain: explain(parts),
    plan: plan(parts),
    retry: retry(parts),
    'mapping.relink': mappingRelink(parts),
    'settings.show': settingsShow(parts),
    'settings.apply': settingsApply(parts),
    'journal.show': journalShow(parts),
    'journal.verify': journalVerify(parts),
    'journal.export': journalExport(parts),
    erase: erase(parts),
    doctor: doctor(parts),
    'setup.look': setupLook(parts),
    'setup.connect': setupConnect(parts),
    drift: drift(parts),
    'drift.person': driftPerson(parts),
    reconcile: reconcileNow(parts),
  };
  return Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, orBusy(command)]));
}

/** Contention is no fault of the bridge: the operator may repeat the command as it is. */
function orBusy({ schema, run }: Command): Command {
  return {
    schema,
    run: async (args, caller) => {
      try {
        return await run(args, caller);
      } catch (error) {
        if (!(error instanceof DirectoryBusy)) throw error;
        const message = `The directory is busy with other changes. Repeat the command in ${error.retryAfterSeconds} seconds.`;
        throw new Refused(message, { cause: error });
      }
    },
  };
}
