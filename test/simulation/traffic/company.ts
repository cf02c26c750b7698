/** Names, groups and mappings of the simulated company: few of each, so that everything collides. */
import type { Naming, Spelling } from './operations.ts';

const FIRST_NAMES = ['ada', 'bo', 'cy', 'dee', 'eli', 'flo', 'gus', 'hal'] as const;
const GROUP_NAMES = ['Chat agents', 'Marketing', 'Sales', 'Book club', 'Everybody'] as const;

/** Adobe's side: every name that a mapping may give, and what kind it is. */
export const PROFILES: readonly { readonly name: string; readonly product: string }[] = [
  { name: 'Marketing User EU', product: 'Dynamic Chat (EU)' },
  { name: 'Sales Insight', product: 'Sales Insight Actions' },
];
export const USER_GROUPS: readonly string[] = ['Chat agents EU', 'Marketing', 'All staff'];

export const groupName = (at: number): string => GROUP_NAMES[at % GROUP_NAMES.length] ?? 'Group';

export interface Name {
  readonly userName: string;
  /** Empty: only the userName tells the address. */
  readonly email: string;
}

/** Where the seventh and the eighth person work nobody set up; the sixth has an Adobe account of the personal kind. */
const DOMAINS = [
  'example.com',
  'example.com',
  'example.org',
  'example.com',
  'example.com',
  'example.net',
  'example.org',
  'elsewhere.example',
] as const;

export function nameOf(at: number, spelling: Spelling): Name {
  return namedAs({ name: at, address: at, spelling });
}

export function namedAs({ name, address, spelling }: Naming): Name {
  const email = addressOf(address);
  const [first = ''] = email.split('@');
  return {
    userName: spelled(addressOf(name), spelling),
    email: spelling === 'upper' ? email.replace(first, first.toUpperCase()) : email,
  };
}

function addressOf(at: number): string {
  const first = FIRST_NAMES[at % FIRST_NAMES.length] ?? 'zoe';
  const domain = DOMAINS[at % DOMAINS.length] ?? 'example.com';
  return `${first}@${domain}`;
}

function spelled(text: string, spelling: Spelling): string {
  switch (spelling) {
    case 'plain':
      return text;
    case 'upper':
      return text.toUpperCase();
    case 'wide':
      // Full-width letters: another spelling of the same name (T18).
      return text.replace(/^[a-z]/, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0));
  }
}

export interface MappingRule {
  readonly group?: string;
  readonly everyone?: true;
  readonly grants: readonly ({ readonly profile: string } | { readonly userGroup: string })[];
}

const CHAT: MappingRule = { group: 'Chat agents', grants: [{ userGroup: 'Chat agents EU' }] };
const MARKETING: MappingRule = {
  group: 'Marketing',
  grants: [{ profile: 'Marketing User EU' }, { userGroup: 'Marketing' }],
};
const SALES: MappingRule = {
  group: 'Sales',
  grants: [{ profile: 'Sales Insight' }, { userGroup: 'Marketing' }],
};
const STAFF: MappingRule = { everyone: true, grants: [{ userGroup: 'All staff' }] };

/** Mappings that an operator may put in force; the first is there from the start. */
export const MAPPINGS: readonly (readonly MappingRule[])[] = [
  [CHAT, MARKETING, SALES],
  [CHAT, { ...MARKETING, grants: [{ userGroup: 'Marketing' }] }],
  [CHAT, MARKETING, SALES, STAFF],
  [{ ...CHAT, grants: [{ userGroup: 'Chat agents EU' }, { profile: 'Sales Insight' }] }, SALES],
];
