/**
 * Invented people. Most have an address in example.com or example.org (federated at Adobe), some in example.net
 * (Business ID); a few write it with capitals, a few have none: there the userName is either an address or not.
 */
import type { Person } from './dialect.ts';
import { pick, type Random, uuidFrom } from './random.ts';

const GIVEN =
  `Ada Bruno Chidi Dagny Emre Fatou Gita Hugo Ines Jonas Kaori Lena Mateo Noor Olga Paolo Quinn Rosa Sami
  Tove Uma Viggo Wanda Ximena Yusuf Zoë`.split(/\s+/);
const FAMILY =
  `Park Lindqvist Okafor Moreau Tanaka Berg Castellano O'Hara Novák Haddad Silva Kowalski Jensen Rossi
  Adeyemi Fischer Nguyễn Bakker Duarte Iversen Marković Sato Weiss Yıldız`.split(/\s+/);
const DEPARTMENTS = ['Field', 'Support', 'Brand', 'Finance', 'Webinars'];
/** Weighted by repetition: seven in ten work in the first domain. */
const DOMAINS = [
  ...Array(14).fill('example.com'),
  ...Array(4).fill('example.org'),
  ...Array(2).fill('example.net'),
];

/** Where new people come from: remembers every address that it ever gave out. */
export interface Newcomers {
  readonly random: Random;
  /** Part of every address, so that one run's people are never another run's. Empty for none. */
  readonly tag: string;
  readonly taken: Set<string>;
}

export type AddressStyle = 'plain' | 'capitals' | 'userNameOnly' | 'none';

export function newPerson(newcomers: Newcomers, style: AddressStyle): Person {
  const { random } = newcomers;
  const name = { givenName: pick(random, GIVEN), familyName: pick(random, FAMILY) };
  const person = { key: uuidFrom(random), ...name, department: pick(random, DEPARTMENTS) };
  if (style === 'none') return { ...person, userName: freeName(newcomers, 'frontdesk', '') };
  const address = freeAddress(newcomers, name, pick<string>(random, DOMAINS));
  if (style === 'userNameOnly') return { ...person, userName: address };
  const written = style === 'capitals' ? capitalised(address) : address;
  return { ...person, userName: written, email: written };
}

/** The same person after a wedding: another family name, userName and e-mail in the same domain. */
export function married(newcomers: Newcomers, person: Person): Person {
  const others = FAMILY.filter((name) => name !== person.familyName);
  const familyName = pick(newcomers.random, others);
  const domain = domainOf(person.email ?? person.userName);
  const address = freeAddress(newcomers, { givenName: person.givenName, familyName }, domain);
  return { ...person, familyName, userName: address, email: address };
}

/** Somebody who had no address gets one, and signs in with it from then on. */
export function withAddress(newcomers: Newcomers, person: Person): Person {
  const address = freeAddress(newcomers, person, 'example.com');
  return { ...person, userName: address, email: address };
}

export function domainOf(address: string): string {
  return address.slice(address.indexOf('@') + 1).toLowerCase();
}

function freeAddress(
  newcomers: Newcomers,
  name: { readonly givenName: string; readonly familyName: string },
  domain: string,
): string {
  return freeName(newcomers, `${asciiOf(name.givenName)}.${asciiOf(name.familyName)}`, `@${domain}`);
}

function freeName({ tag, taken }: Newcomers, start: string, end: string): string {
  const stem = tag === '' ? start : `${start}.${tag}`;
  for (let number = 1; ; number += 1) {
    const name = `${stem}${number === 1 ? '' : number}${end}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function asciiOf(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ı', 'i').toLowerCase();
  return plain.replace(/[^a-z]/g, '');
}

function capitalised(address: string): string {
  return address.replace(
    /(^|[.@])([a-z])/g,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}
