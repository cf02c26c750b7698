/**
 * What clients asked for, as writes to registers: "is u a member of g", "is u active", "what is u called". Each write
 * has the stretch of steps in which it took effect, if it did; a value that somebody reads must be explained by a write
 * that no other acknowledged one strictly follows (I01, I02). A request whose process died may have happened (section 6).
 */

/** Between these steps something took effect, if it did; looked at when the run is over, so it may still grow. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** Acknowledged, or known to have happened. */
  readonly sure: boolean;
}

export interface Write {
  readonly value: string;
  readonly stretch: Stretch;
}

/** A write of all members of a group at once: those named are in, all others out. */
export interface Replacement {
  readonly members: ReadonlySet<string>;
  readonly stretch: Stretch;
}

/** When a value was read: writes that began before `to` can explain it, writes that ended before `from` must show. */
export interface Reading {
  readonly from: number;
  readonly to: number;
}

export const ALWAYS: Reading = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

export interface History {
  write(register: string, value: string, stretch: Stretch): void;
  replaceMembers(group: string, replacement: Replacement): void;
  /** What is wrong with reading this value, or nothing. */
  doubt(register: string, value: string, reading: Reading): string | undefined;
  membershipDoubt(
    group: string,
    user: string,
    { isMember, reading }: { isMember: boolean; reading: Reading },
  ): string | undefined;
  values(register: string): readonly Write[];
}

export const registers = {
  user: (id: string, what: 'exists' | 'userName' | 'email' | 'active' | 'given'): string => `u ${id} ${what}`,
  group: (id: string, what: 'exists' | 'displayName'): string => `g ${id} ${what}`,
  member: (group: string, user: string): string => `m ${group} ${user}`,
};

export function openHistory(): History {
  const writes = new Map<string, Write[]>();
  const replacements = new Map<string, Replacement[]>();
  const of = (register: string): Write[] => writes.get(register) ?? [];
  return {
    write: (register, value, stretch) => {
      writes.set(register, [...of(register), { value, stretch }]);
    },
    replaceMembers: (group, replacement) => {
      replacements.set(group, [...(replacements.get(group) ?? []), replacement]);
    },
    doubt: (register, value, reading) => doubtOf(of(register), value, reading),
    membershipDoubt: (group, user, { isMember, reading }) => {
      const whole = (replacements.get(group) ?? []).map(({ members, stretch }) => ({
        value: members.has(user) ? 'in' : 'out',
        stretch,
      }));
      // Before anybody said anything, nobody is a member.
      const born: Write = { value: 'out', stretch: { start: -1, end: -1, sure: true } };
      return doubtOf(
        [born, ...of(registers.member(group, user)), ...whole],
        isMember ? 'in' : 'out',
        reading,
      );
    },
    values: of,
  };
}

function doubtOf(writes: readonly Write[], value: string, { from, to }: Reading): string | undefined {
  const candidates = writes.filter((one) => one.value === value && one.stretch.start <= to);
  if (candidates.length === 0) return 'nobody ever wrote it';
  const overwriting = (candidate: Write): Write | undefined =>
    writes.find(
      ({ value: other, stretch: { sure, start, end } }) =>
        sure && other !== value && start > candidate.stretch.end && end < from,
    );
  if (candidates.some((candidate) => overwriting(candidate) === undefined)) return undefined;
  const last = candidates.at(-1);
  const by = last && overwriting(last);
  return `written in ${stretched(last)}, but ${by?.value} was acknowledged in ${stretched(by)}`;
}

const stretched = (write: Write | undefined): string => `${write?.stretch.start}-${write?.stretch.end}`;
