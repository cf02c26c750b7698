/**
 * Holds the names of a mapping against the Adobe org (`umapi.md` 12): the catalogue of the last complete listing, and
 * for a name that is not in it one users-by-group read under the persisted budget (R30). Decides whether each grant
 * names exactly one thing of the right kind and product, and gives it Adobe's spelling.
 * Invariant: a name that stands for two things in the org is never accepted.
 */

import type { CatalogueEntry } from '../directory/catalogue.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { Entitlement, Org } from '../directory/records.ts';
import { renamesOf } from '../sync/renames.ts';
import { openSlots } from '../sync/slots.ts';
import { indexCatalogue } from '../sync/world.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import { Refused } from './command.ts';
import type { DraftGrant, DraftRule } from './mapping-rules.ts';
import { nearNames } from './near-names.ts';
import type { AdminParts } from './parts.ts';
import { count, instant, kindWord, quoted } from './words.ts';

const ADOBE_TYPES = { profile: 'PRODUCT_PROFILE', userGroup: 'USER_GROUP' } as const;

export interface NamedRules {
  readonly rules: readonly DraftRule[];
  /** What could not be checked. */
  readonly notes: readonly string[];
  /** User groups that Adobe does not have and the mapping wants made. */
  readonly missing: readonly string[];
}

interface Judged {
  readonly grant: DraftGrant;
  readonly problem?: string;
  readonly unknown?: true;
}

/** @throws Refused with every problem, each with its remedy; or when the names cannot be checked now */
export async function nameRules(
  parts: AdminParts,
  org: Org,
  rules: readonly DraftRule[],
): Promise<NamedRules> {
  if (org.catalogueAt === undefined) throw new Refused(noCatalogue(org));
  const entries = await parts.directory.readCatalogue(parts.org);
  const index = indexCatalogue(entries);
  const problems: string[] = [];
  const notes: string[] = [];
  const missing = new Map<string, string>();
  const asked = new Map<string, Promise<string | undefined>>();
  const judge = async (grant: DraftGrant): Promise<DraftGrant> => {
    const key = entitlementKey(grant.name);
    const judged = judgeGrant(grant, index.get(key) ?? []);
    if (judged.problem !== undefined) problems.push(judged.problem);
    if (judged.unknown === undefined) return judged.grant;
    const answer = asked.get(key) ?? askAdobe(parts, org, grant);
    asked.set(key, answer);
    const spelled = await answer;
    if (spelled === undefined && grant.create && !renamesOf(entries).has(key)) {
      missing.set(key, grant.name);
      return grant;
    }
    const problem = spelled === undefined ? nobodyKnows(grant, entries) : uncheckable(grant, org);
    if (problem === undefined) notes.push(tooNew(grant, org));
    else problems.push(problem);
    return { ...grant, name: spelled ?? grant.name };
  };
  const named: DraftRule[] = [];
  for (const rule of rules) {
    const grants: DraftGrant[] = [];
    for (const grant of rule.grants) grants.push(await judge(grant));
    named.push({ ...rule, grants });
  }
  if (problems.length > 0) throw new Refused(['The mapping was not applied:', ...problems].join('\n- '));
  const made = [...missing.values()].map(
    (name) =>
      `"${name}" does not exist at Adobe and is created, empty. Attach it to the right product profile in the Admin Console.`,
  );
  return { rules: named, notes: [...new Set([...notes, ...made])], missing: [...missing.values()] };
}

function noCatalogue({ authFault }: Org): string {
  const why =
    'The bridge has not read the list of profiles and user groups from Adobe yet, so no name can be checked.';
  if (authFault !== undefined)
    return `${why} Adobe does not accept the credential (${authFault.message}): ${authFault.hint}`;
  return `${why} The first run of provisioning reads it: wait a minute and apply again. If this stays, ask for status.`;
}

export function judgeGrant(grant: DraftGrant, entries: readonly CatalogueEntry[]): Judged {
  const { where, name, kind, product } = grant;
  const [entry, ...others] = entries;
  if (entry === undefined) return { grant, unknown: true };
  const problem = (text: string): Judged => ({ grant, problem: `${where}: ${text}` });
  if (others.length > 0) return problem(ambiguous(name, entries));
  // The type has been missing at times (`umapi.md` 11.4): then the kind is what the file says.
  if (entry.type !== ADOBE_TYPES[kind] && entry.type !== 'UNKNOWN') return problem(wrongKind(entry));
  if (product !== undefined && entitlementKey(product) !== entitlementKey(entry.productName ?? '')) {
    const found = entry.productName;
    return problem(
      found === undefined
        ? `Adobe names no product for "${entry.name}". Take "product" out.`
        : `"${entry.name}" belongs to the product "${found}", not to "${product}". Write that product, or the profile that you mean.`,
    );
  }
  const spelled: Entitlement = {
    name: entry.name,
    kind,
    ...(product === undefined ? {} : { product: entry.productName ?? product }),
  };
  return { grant: { ...spelled, where } };
}

function ambiguous(name: string, entries: readonly CatalogueEntry[]): string {
  const found = entries.map(({ groupId, type, productName, memberCount }) => {
    const product = productName === undefined ? '' : ` of "${productName}"`;
    const members = memberCount === undefined ? '' : `, ${count(memberCount, 'member')}`;
    return `${type} ${groupId}${product}${members}`;
  });
  return (
    `"${name}" stands for ${entries.length} things at Adobe: ${found.join('; ')}. Adobe takes names only, so nobody could say which is meant. ` +
    'Rename one in the Admin Console, or make a user group with a name of its own there, attach it to the right profile, and map that user group.'
  );
}

function wrongKind({ name, type, productName }: CatalogueEntry): string {
  if (type === ADOBE_TYPES.profile) {
    const product = productName === undefined ? '' : ` (of "${productName}")`;
    return `"${name}" is a product profile${product}, not a user group. Write "profile: ${name}".`;
  }
  if (type === ADOBE_TYPES.userGroup)
    return `"${name}" is a user group, not a product profile. Write "userGroup: ${name}".`;
  return `"${name}" is a ${type} at Adobe, and the bridge hands out profiles and user groups only. Name one of those.`;
}

function nobodyKnows({ where, name, kind }: DraftGrant, entries: readonly CatalogueEntry[]): string {
  const assignable = entries.filter(
    ({ type }) => type === ADOBE_TYPES.profile || type === ADOBE_TYPES.userGroup,
  );
  const renamed = renamesOf(entries).get(entitlementKey(name));
  if (renamed !== undefined)
    return `${where}: "${name}" is called "${renamed.name}" at Adobe now. Write that name.`;
  const near = nearNames(
    name,
    assignable.map((entry) => entry.name),
  );
  const meant =
    near.length > 0
      ? `Did you mean ${quoted(near)}?`
      : 'Look the name up in the Admin Console, or create it there.';
  return `${where}: Adobe knows no ${kindWord(kind)} "${name}". ${meant}`;
}

function uncheckable({ where, name, product }: DraftGrant, org: Org): string | undefined {
  if (product === undefined) return undefined;
  return `${where}: "${name}" is newer than the list of ${listedAt(org)}, so its product cannot be checked. Take "product" out for now, or apply again after the next listing (once a day).`;
}

function tooNew({ name, kind }: DraftGrant, org: Org): string {
  return `"${name}" is newer than the list of ${listedAt(org)}: that it is a ${kindWord(kind)}, and the only one of that name, could not be checked.`;
}

function listedAt({ catalogueAt }: Org): string {
  return instant(catalogueAt ?? 0);
}

/** Adobe's spelling as far as its members show it, or undefined when Adobe has nothing of this name. */
async function askAdobe(parts: AdminParts, org: Org, grant: DraftGrant): Promise<string | undefined> {
  const { directory, adobe, now, newId } = parts;
  const slots = openSlots({ directory, clientId: org.clientId, now, newId });
  const slot = await slots.take('usersByGroup');
  const cannot = `${grant.where}: "${grant.name}" is not in the list of ${listedAt(org)}, and Adobe could not be asked about it`;
  if (!slot.ok)
    throw new Refused(`${cannot}: no call is free before ${instant(slot.freeAt)}. Apply again then.`);
  const answer = await adobe.readGroupMembers(grant.name, 0, now() + HTTP_TIMEOUT_MS);
  await slots.settle('usersByGroup', slot.id);
  if (answer.kind === 'failed') {
    if (answer.blockedUntil !== undefined) await slots.block('usersByGroup', answer.blockedUntil);
    const later =
      answer.blockedUntil === undefined
        ? 'Apply again in a minute'
        : `Apply again after ${instant(answer.blockedUntil)}`;
    const next = answer.reason === 'rejected' ? 'Apply again after the next listing (once a day)' : later;
    throw new Refused(`${cannot}: ${answer.error.message}. ${next}.`);
  }
  if (answer.value === undefined) return undefined;
  const key = entitlementKey(grant.name);
  const shown = answer.value.rows.flatMap((row) => row.groups).find((name) => entitlementKey(name) === key);
  return shown ?? grant.name;
}
