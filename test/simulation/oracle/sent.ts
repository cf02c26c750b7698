/** What one call asks Adobe to do for one person, read from the wire (`umapi.md` 5, 7). */
export interface Sent {
  /** Of a user command: the drain puts the account into `requestID`. Of a list: whoever has an intent that fits. */
  readonly accountId: string | undefined;
  readonly user: string;
  readonly grants: readonly string[];
  readonly revokes: readonly string[];
  readonly creates: boolean;
  readonly updates: boolean;
  /** Every address in it, as handle or as new value. */
  readonly addresses: readonly string[];
  /** Position of its command in the call. */
  readonly command: number;
}

interface Step {
  readonly add?: { readonly group?: readonly string[]; readonly user?: readonly string[] };
  readonly remove?: { readonly group?: readonly string[]; readonly user?: readonly string[] };
  readonly [name: string]: unknown;
}

export function commandsIn(body: string): Record<string, unknown>[] {
  return JSON.parse(body) as Record<string, unknown>[];
}

export function sentIn(body: string): Sent[] {
  return commandsIn(body).flatMap((command, place) => {
    const steps = command['do'] as readonly Step[];
    return command['usergroup'] === undefined
      ? [ofUser(command, steps, place)]
      : ofList(String(command['usergroup']), steps, place);
  });
}

function ofUser(command: Record<string, unknown>, steps: readonly Step[], place: number): Sent {
  const values = steps.flatMap((step) =>
    Object.values(step).flatMap((value) => Object.entries(value as Record<string, unknown>)),
  );
  const named = values.flatMap(([name, value]) =>
    (name === 'email' || name === 'username') && typeof value === 'string' ? [value] : [],
  );
  return {
    accountId: String(command['requestID']),
    user: String(command['user']),
    grants: steps.flatMap((step) => step.add?.group ?? []),
    revokes: steps.flatMap((step) => step.remove?.group ?? []),
    creates: steps.some((step) => Object.keys(step).some((name) => /^(create|addAdobe)/.test(name))),
    updates: steps.some((step) => step['update'] !== undefined),
    addresses: [String(command['user']), ...named],
    command: place,
  };
}

function ofList(group: string, steps: readonly Step[], place: number): Sent[] {
  const one = (user: string, kind: 'grants' | 'revokes'): Sent => ({
    accountId: undefined,
    user,
    grants: kind === 'grants' ? [group] : [],
    revokes: kind === 'revokes' ? [group] : [],
    creates: false,
    updates: false,
    addresses: [user],
    command: place,
  });
  return steps.flatMap((step) => [
    ...(step.add?.user ?? []).map((user) => one(user, 'grants')),
    ...(step.remove?.user ?? []).map((user) => one(user, 'revokes')),
  ]);
}
