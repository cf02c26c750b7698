/**
 * What a comparison and the catalogue tell beyond single people: another tool at work, a directory that somebody else
 * fills, names that vanished, moved or became two, profiles that run out of seats. Pure; shown, logged, never acted on.
 */
import type { Reconciliation } from '../directory/drift-records.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { EntitlementKey } from '../directory/records.ts';
import { forecastSeats } from './licences.ts';
import type { World } from './world.ts';

export interface Sign {
  readonly code: 'other-tool' | 'directory-synced' | 'read-only' | 'missing' | 'name-not-unique' | 'seats';
  /** What it is about: an entitlement's name or a domain. */
  readonly about?: string;
  readonly message: string;
  /** What a person should do. */
  readonly hint: string;
}

/** Fewer changes by hand than this in one night are an administrator's. */
const FEW = 5;

export function signsOf(world: World, state: Reconciliation | undefined): Sign[] {
  return [
    ...otherTool(state),
    ...faultSigns(world),
    ...nameSigns(world),
    ...(state === undefined ? [] : seatSigns(world, state)),
  ];
}

/** So many people were changed by something else than us that it is no administrator any more; 0 when it may be one. */
export function undoneElsewhere(state: Reconciliation | undefined): number {
  return state === undefined || state.undone < Math.max(FEW, state.compared / 50) ? 0 : state.undone;
}

function otherTool(state: Reconciliation | undefined): Sign[] {
  if (state === undefined || undoneElsewhere(state) === 0) return [];
  return [
    {
      code: 'other-tool',
      message: `Since the comparison before, ${state.undone} of ${state.compared} people were changed at Adobe in what the rules speak of or in their names, and not by the bridge.`,
      hint: 'Look for another tool that writes to this Adobe org: a user sync tool, another connector, a script, or a directory under Microsoft Entra or Google sync. Two tools undo each other; let one of them manage these groups. Set no rule to "drift: revert" before.',
    },
  ];
}

/** Adobe's answers where a directory is filled from elsewhere, or a group belongs to another console (`umapi.md` 10). */
function faultSigns({ faults }: World): Sign[] {
  return [...faults.values()].flatMap(({ scope, error }): Sign[] => {
    if (error.code === 'error.internal.create_failed')
      return [
        {
          code: 'directory-synced',
          about: scope,
          message: `Adobe refuses to create people of ${scope}: ${error.message}`,
          hint: 'Most often the directory of this domain is under Microsoft Entra or Google sync, where only that sync may add people. In the Admin Console, Settings, Identity, look at the directory and switch the sync off, or assign people there and let the bridge grant products only.',
        },
      ];
    if (error.code.startsWith('error.usergroup.readonly.'))
      return [
        {
          code: 'read-only',
          about: scope,
          message: `"${scope}" is a group that another console shares with this org, so nobody can be added or removed here.`,
          hint: 'Map another user group, made in this org, and attach it to the same profile.',
        },
      ];
    return [];
  });
}

/** Names of rules in force that stand for nothing, or for more than one thing (`umapi.md` 12). */
function nameSigns({ rules, catalogue, org }: World): Sign[] {
  if (org.catalogueAt === undefined) return [];
  const named = new Map<EntitlementKey, string>();
  for (const { grants } of [...rules.values()].flat())
    for (const { name } of grants) named.set(entitlementKey(name), name);
  return [...named].flatMap(([key, name]): Sign[] => {
    const entries = catalogue.get(key) ?? [];
    if (entries.length === 1) return [];
    if (entries.length === 0)
      return [
        {
          code: 'missing',
          about: name,
          message: `A rule names "${name}", and the last list of profiles and user groups does not have it.`,
          hint: 'It was deleted, or made after the list. Look it up in the Admin Console; write the right name into the mapping and apply it.',
        },
      ];
    const found = entries.map(
      ({ type, groupId, productName }) =>
        `${type} ${groupId}${productName === undefined ? '' : ` of "${productName}"`}`,
    );
    return [
      {
        code: 'name-not-unique',
        about: name,
        message: `"${name}" stands for ${entries.length} things at Adobe: ${found.join('; ')}. Nothing is written to that name.`,
        hint: 'Rename one of them in the Admin Console, or map a user group with a name of its own that is attached to the right profile.',
      },
    ];
  });
}

function seatSigns({ catalogue }: World, { coming }: Reconciliation): Sign[] {
  const moves = new Map(Object.entries(coming).map(([key, gains]) => [key, { gains }] as const));
  return forecastSeats(catalogue, moves)
    .filter(({ short }) => short > 0)
    .map(({ name, quota, used, after, short }) => ({
      code: 'seats',
      about: name,
      message: `"${name}" has ${quota} seats and ${used} members; with everybody the rules want, ${after}: ${short} without a licence.`,
      hint: 'Buy or move seats, or take people out of the group in the identity provider. Adobe does not refuse a member without a seat: the person is in the profile and cannot use the product.',
    }));
}
