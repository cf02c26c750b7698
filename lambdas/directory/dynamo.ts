/**
 * The directory on DynamoDB's API: one implementation for Lambda, localhost and tests. Opens the parts in this folder
 * over one client; `directory.ts` and `work.ts` say what each function promises.
 */
import type { ScimDirectory, TokenDirectory } from './directory.ts';
import { readBacklog } from './dynamo-backlog.ts';
import { relinkRule } from './dynamo-bindings.ts';
import { readDomains, saveCatalogue, saveDomains } from './dynamo-catalogue.ts';
import { claimSchema, claimTelling, readSchema } from './dynamo-claim.ts';
import { claimWanted } from './dynamo-claims.ts';
import { type Context, connectionOf } from './dynamo-context.ts';
import {
  accountsAfter,
  accountsLeft,
  forgetDrift,
  noteComparison,
  readDrifted,
  readReconciliation,
  saveReconciliation,
} from './dynamo-drift.ts';
import { readFigures, readRemoved } from './dynamo-figures.ts';
import { decideHold, heldOf, listHolds, readHolds } from './dynamo-holds.ts';
import { accountsNamed, eraseNames, readJournal, sealJournal, verifyJournal } from './dynamo-journal.ts';
import { changeLedger, writeIntents } from './dynamo-ledger.ts';
import { findGroups } from './dynamo-lists.ts';
import { applyMapping, changeSettings, setUp } from './dynamo-mapping.ts';
import { observeListing } from './dynamo-observed.ts';
import { accountsOfGroup, findAccount, membershipsOf, noteParked, readPlaces } from './dynamo-operator.ts';
import { confirmedConnection, getPause, setMode, setPause } from './dynamo-safety.ts';
import { type DirectoryDeps, openContext, scimSide } from './dynamo-scim.ts';
import { readStrangers } from './dynamo-strangers.ts';
import { eachUser, runSweeps } from './dynamo-sweeps.ts';
import { tokenEnds } from './dynamo-tokens.ts';
import * as work from './dynamo-work.ts';
import type { OperatorDirectory, SyncDirectory } from './work.ts';

export type Directory = ScimDirectory & TokenDirectory & SyncDirectory & OperatorDirectory;

export function openDirectory(deps: DirectoryDeps): Directory {
  const ctx = openContext(deps);
  return { ...scimSide(ctx), ...syncSide(ctx), ...operatorSide(ctx) };
}

function syncSide(ctx: Context): SyncDirectory {
  const parkedScopes = new Set<string>();
  return {
    getOrg: (o) => work.getOrg(ctx, o),
    changeOrg: (o, change) => work.changeOrg(ctx, o, change),
    getPause: () => getPause(ctx),
    getConnection: (c) => confirmedConnection(ctx, c),
    rulesOf: (connection) => work.rulesOf(ctx, connection),
    acquireLease: (o, wish) => work.acquireLease(ctx, o, wish),
    renewLease: (o, lease, until) => work.renewLease(ctx, o, { lease, until }),
    releaseLease: (o, lease) => work.releaseLease(ctx, o, lease),
    changeBudget: (clientId, endpoint, change) => work.changeBudget(ctx, { clientId, endpoint }, change),
    readDue: (o, limit, grants = 0) => work.readDue(ctx, o, { limit, grants }),
    readAccounts: (o, ids) => work.readDueAccounts(ctx, o, ids),
    readIdentities: (o, emails) => work.readIdentities(ctx, o, emails),
    mark: (o, id) => work.markIfThere(ctx, o, id),
    claimWanted: (o, id) => claimWanted(ctx, o, id),
    observe: (o, email, observed) => work.observe(ctx, o, { email, ...observed }),
    observeListing: (o, listing, beat) => observeListing(ctx, o, { listing, beat }),
    readStrangers: (o) => readStrangers(ctx, o),
    accountsAfter: async (c, page) =>
      accountsAfter(ctx, { connection: c, org: (await connectionOf(ctx, c)).org }, page),
    accountsLeft: (o) => accountsLeft(ctx, o),
    noteComparison: (account, found) => noteComparison(ctx, account, found),
    readDrifted: (o) => readDrifted(ctx, o),
    forgetDrift: (o, ids) => forgetDrift(ctx, o, ids),
    readReconciliation: (o) => readReconciliation(ctx, o),
    saveReconciliation: (o, state) => saveReconciliation(ctx, o, state),
    writeIntents: (o, lease, drafts) => writeIntents(ctx, o, { lease, drafts }),
    changeLedger: (o, id, { compute, ...input }) =>
      noteParked(ctx, { org: o, known: parkedScopes }, (note) =>
        changeLedger(ctx, o, { id, ...input, compute: (fresh) => note(compute(fresh)) }),
      ),
    readHolds: (o, ids) => readHolds(ctx, o, ids),
    findAccount: (c, group, search) => findAccount(ctx, c, { group, ...search }),
    readFigures: (o) => readFigures(ctx, o),
    readRemoved: (o, since) => readRemoved(ctx, o, since),
    readFaults: (o) => work.readFaults(ctx, o),
    tripFault: (o, fault) => work.tripFault(ctx, o, fault),
    clearFault: (o, scope, limit) => work.clearFault(ctx, o, { scope, limit }),
    readCatalogue: (o) => work.readCatalogue(ctx, o),
    replaceRules: (c, draft) => applyMapping(ctx, c, draft),
    saveCatalogue: (o, entries) => saveCatalogue(ctx, o, entries),
    saveDomains: (o, domains) => saveDomains(ctx, o, domains),
    readDomains: (o) => readDomains(ctx, o),
    runSweeps: (o, until) => runSweeps(ctx, o, until),
    sealJournal: (o) => sealJournal(ctx, o),
  };
}

function operatorSide(ctx: Context): OperatorDirectory {
  return {
    setUp: (draft) => setUp(ctx, draft),
    claimSchema: (code) => claimSchema(ctx, code),
    readSchema: () => readSchema(ctx),
    claimTelling: (o, what, before) => claimTelling(ctx, o, { what, before }),
    tokenEnds: (c) => tokenEnds(ctx, c),
    tableId: () => ctx.store.tableId(),
    setMode: (c, change) => setMode(ctx, c, change),
    setPause: (scope, org, change) => setPause(ctx, { scope, org }, change),
    changeSettings: (c, change) => changeSettings(ctx, c, change),
    applyMapping: (c, draft) => applyMapping(ctx, c, draft),
    eachUser: (c) => eachUser(ctx, c),
    groupNamed: async (c, displayName) =>
      (await findGroups(ctx, c, { by: 'displayName', value: displayName }))[0],
    readBacklog: (o) => readBacklog(ctx, o),
    readPlaces: (o) => readPlaces(ctx, o),
    listHolds: (o, limit) => listHolds(ctx, o, limit),
    heldOf: (o, hold) => heldOf(ctx, o, { hold }),
    decideHold: (o, decision) => decideHold(ctx, o, decision),
    accountsOfGroup: (c, group) => accountsOfGroup(ctx, c, group),
    membershipsOf: (c, of) => membershipsOf(ctx, c, of),
    relinkRule: (c, link) => relinkRule(ctx, c, link),
    readJournal: (o, time) => readJournal(ctx, o, time),
    verifyJournal: (o, from) => verifyJournal(ctx, o, from),
    accountsNamed: (o, email) => accountsNamed(ctx, o, email),
    eraseNames: (o, names) => eraseNames(ctx, o, names),
  };
}
