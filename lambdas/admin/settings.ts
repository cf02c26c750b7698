/**
 * `settings show|apply`: what an operator decides about a connection beside its mapping and its mode: e-mail domains and
 * how people exist there, grace, protected people. A file names only what it changes; nothing changes without `yes`, and
 * what cannot be undone is said before.
 */
import * as z from 'zod';
import { canonical } from '../directory/journal.ts';
import { ConnectionSettings, type DomainSettings } from '../directory/records.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';

/** The mode has a command of its own, which shows what it sets free. */
const Draft = ConnectionSettings.omit({ mode: true }).partial().strict();

const NOBODY_PROTECTED =
  '! Nobody is protected. Name at least two people whom the bridge must never touch, such as those who can repair it.';

const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/;

export function settingsShow({ directory, connection: c }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({}),
    run: async () => {
      const { settings, settingsVersion } = await directory.getConnection(c);
      const { mode, ...rest } = settings;
      const text = [
        `# Settings of connection ${c}, version ${settingsVersion}; mode ${mode} (mode has a command of its own).`,
        '# Change what you want to change, and: settings apply FILE',
        ...yamlOf(rest),
      ];
      return { text, data: { version: settingsVersion, settings } };
    },
  });
}

export function settingsApply({ directory, connection: c }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ settings: z.unknown(), yes: z.boolean().default(false) }),
    run: async ({ settings: input, yes }) => {
      const draft = parse(input);
      const { settings: before } = await directory.getConnection(c);
      const after = ConnectionSettings.parse({ ...before, ...draft });
      const changes = changeLines(before, after);
      if (changes.length === 0)
        return { text: ['Nothing to do: this is how it is.'], data: { changed: false } };
      if (!yes) {
        return {
          text: [...changes, 'Nothing was changed. Add --yes to do it.'],
          data: { changed: false, after },
        };
      }
      // Merged into what is in force at that moment: another operator's change of another part stays.
      await directory.changeSettings(c, (fresh) => ConnectionSettings.parse({ ...fresh, ...draft }));
      const text = [
        ...changes,
        'Changed. Everybody whom it concerns is looked at again; status shows how far it is.',
      ];
      return { text, data: { changed: true, after } };
    },
  });
}

/** Only what the file names. */
function parse(input: unknown): Readonly<Record<string, unknown>> {
  const parsed = Draft.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
    );
    throw new Refused(['The settings were not changed:', ...problems].join('\n- '));
  }
  const { domains } = parsed.data;
  if (domains === undefined) return parsed.data;
  const lower = Object.entries(domains).map(([name, value]) => [name.trim().toLowerCase(), value] as const);
  const wrong = lower.find(([name]) => !DOMAIN.test(name));
  if (wrong !== undefined) {
    throw new Refused(
      `The settings were not changed: "${wrong[0]}" is no e-mail domain. Write each one in full, such as example.com; an international one in its xn-- form.`,
    );
  }
  if (new Set(lower.map(([name]) => name)).size < lower.length)
    throw new Refused('The settings were not changed: a domain stands there twice, in upper and lower case.');
  return { ...parsed.data, domains: Object.fromEntries(lower) };
}

function changeLines(before: ConnectionSettings, after: ConnectionSettings): string[] {
  const { domains: was, ...restBefore } = before;
  const { domains: is, ...restAfter } = after;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  const others = Object.entries(restAfter).filter(
    ([key, value]) =>
      canonical(value) !== canonical(Object.entries(restBefore).find(([one]) => one === key)?.[1]),
  );
  const changes = [
    ...names.flatMap((name) => domainLines(name, was[name], is[name])),
    ...others.map(([key, value]) => `~ ${key}: ${JSON.stringify(value)}`),
  ];
  return changes.length === 0 || after.protected.length > 0 ? changes : [...changes, NOBODY_PROTECTED];
}

function domainLines(
  name: string,
  was: DomainSettings | undefined,
  is: DomainSettings | undefined,
): string[] {
  if (canonical(was) === canonical(is)) return [];
  if (is === undefined) {
    return [
      `- ${name}`,
      `  ! people of ${name} get nothing more and are parked as outside the allowed domains; what they have is still taken away when they leave.`,
    ];
  }
  if (was === undefined) return [`+ ${name}: ${JSON.stringify(is)}`];
  const lines = [`~ ${name}: ${JSON.stringify(was)} becomes ${JSON.stringify(is)}`];
  if (was.type !== is.type)
    lines.push(
      `  ! another identity type is another person for Adobe: whoever of ${name} is there already keeps the old one, visibly parked, until you remove it there.`,
    );
  if (was.country !== is.country)
    lines.push(
      '  ! the country counts for people who are created from now on; Adobe never changes it for others.',
    );
  return lines;
}

/** Small and flat enough to be written by hand; what `apply` reads, it also shows. */
function yamlOf(settings: Omit<ConnectionSettings, 'mode'>): string[] {
  const lines: string[] = [];
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    if (key !== 'domains') {
      lines.push(`${key}: ${JSON.stringify(value)}`);
      continue;
    }
    lines.push(Object.keys(settings.domains).length === 0 ? 'domains: {}' : 'domains:');
    for (const [name, domain] of Object.entries(settings.domains))
      lines.push(`  ${name}: ${JSON.stringify(domain)}`);
  }
  return lines;
}
