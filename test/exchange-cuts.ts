/**
 * Takes one tolerance away for one request, to show that a recorded exchange needs it. The modules of `lambdas/scim` are
 * loaded a second time, under URLs that end in `?cut`, with a switch behind their source: while a tolerance is chosen,
 * another function stands in the place of the one that obeys it. A function that is renamed fails to load.
 *
 * Node's own loader does this, not the test runner's: `exchange-cuts.test.ts` gets this file by `require`.
 */
import { registerHooks } from 'node:module';
import type { ToleranceName } from '../lambdas/scim/tolerances.ts';
import { playExchanges } from './exchange-play.ts';

/** A file of `lambdas/scim`, then a function declared there -> what runs instead; `kept` is the function itself. */
type Cut = readonly [file: string, declared: string, instead: string];

const refuse = "throw badRequest('invalidSyntax', 'This is cut.');";

/** How the bridge is without the tolerance: as strict as the RFCs let it be. */
const CUTS: Readonly<Record<ToleranceName, readonly Cut[]>> = {
  opInAnyCase: [['patch', 'readOp', "(op, at) => kept(op === op.toLowerCase() ? op : '', at)"]],
  booleanAsText: [['values', 'shapeBoolean', '(raw) => raw']],
  removeWithValue: [
    ['patch-group', 'applyRemove', '(net, edit) => kept(net, { ...edit, value: undefined })'],
  ],
  pathsAsKeys: [
    ['patch', 'isKeyOfUnknown', '(kind, key) => /[.:]/.test(key.replace(/:User$/, "")) || kept(kind, key)'],
  ],
  echoedReadOnly: [
    ['patch', 'isEcho', '() => false'],
    [
      'patch',
      'readPathed',
      `(kind, text, at) => { if (/^(id|meta|schemas|groups)$/.test(text)) ${refuse} return kept(kind, text, at); }`,
    ],
  ],
  createByFilter: [
    ['patch-user', 'createMatching', '(attribute, stored, { at }) => { throw noTarget(at); }'],
  ],
  managerAsText: [
    [
      'values',
      'shapeComplex',
      "(attribute, raw) => (typeof raw === 'string' && !attribute.multiValued ? raw : kept(attribute, raw))",
    ],
  ],
  managerAsList: [['values', 'onlyElement', '(raw) => raw']],
  shortExtensionName: [
    [
      'attributes',
      'resolvePath',
      '(kind, path) => { const found = kept(kind, path); return /^urn:/i.test(path) || !found?.extension ? found : undefined; }',
    ],
  ],
  emptyClears: [['values', 'shape', "(attribute, raw) => (raw === '' ? raw : kept(attribute, raw))"]],
  singleForMany: [
    ['values', 'shapeMany', '(attribute, raw) => (Array.isArray(raw) ? kept(attribute, raw) : raw)'],
  ],
  bareValue: [['members', 'readMember', '(item, at) => kept(isObject(item) ? item : undefined, at)']],
  hollowValue: [['values', 'isHollow', '() => false']],
  twoPrimaries: [
    [
      'values',
      'tidyValues',
      "(attribute, items) => { if (items.filter((item) => item.primary).length > 1) throw invalidValue('Two.'); return kept(attribute, items); }",
    ],
  ],
  schemasMissing: [
    ['resource', 'checkSchemas', "(raw, kind) => kept(raw ?? ['none'], kind)"],
    ['patch', 'readOperations', `(body) => { if (body.schemas === undefined) ${refuse} return kept(body); }`],
  ],
  foreignSchema: [
    [
      'resource',
      'checkSchemas',
      `(raw, kind) => { for (const urn of raw ?? []) if (![kind.core, ...kind.extensions].some((schema) => schema.urn === urn) && schemaOfDraft(urn, kind) === undefined) ${refuse} }`,
    ],
  ],
  draftSchema: [['drafts', 'schemaOfDraft', '() => undefined']],
  emptyOperation: [['patch', 'isEmptyOperation', '() => false']],
  unquotedWord: [
    [
      'filter',
      'readLiteral',
      `(scanner) => { if (!/^(?:["0-9-]|true\\b|false\\b|null\\b)/.test(scanner.text.slice(scanner.at))) throw bad('is cut'); return kept(scanner); }`,
    ],
  ],
  filterValuePathSub: [
    ['filter', 'readElement', "(scanner, path) => ({ kind: 'element', path, of: readBrackets(scanner) })"],
  ],
  emailSynonym: [['list', 'filterSynonym', '(path) => path']],
  plusAsBlank: [['request', 'readQuery', "(query) => kept(query.replaceAll('+', '%2B'))"]],
  plainJson: [
    [
      'request',
      'checkMediaType',
      "(type, encoding) => { if (!/scim/.test(type ?? '')) throw new ScimError(415, 'This is cut.'); kept(type, encoding); }",
    ],
  ],
  countryByName: [['country', 'countryCode', '(text) => (/^[A-Z]{2}$/.test(text) ? kept(text) : undefined)']],
  extraMembers: [
    [
      'resource',
      'openBody',
      `(body, kind) => { const members = kept(body, kind); for (const name of members.keys()) if (!kind.core.attributes.has(name) && !COMMON.has(name) && !kind.extensions.some(({ urn }) => fold(urn) === name) && schemaOfDraft(name, kind) === undefined) ${refuse} return members; }`,
    ],
    [
      'values',
      'shapeComplex',
      "(attribute, raw) => { if (isObject(raw)) for (const name of membersOf(raw).keys()) if (!attribute.sub.has(name)) throw invalidValue('One more.'); return kept(attribute, raw); }",
    ],
    [
      'patch',
      'readOperation',
      `(kind, raw, at) => { for (const name of Object.keys(raw)) if (!/^(op|path|value)$/i.test(name)) ${refuse} return kept(kind, raw, at); }`,
    ],
    [
      'patch',
      'readPathed',
      `(kind, text, at) => { if (resolvePath(kind, parsePath(text).attribute) === undefined) ${refuse} return kept(kind, text, at); }`,
    ],
  ],
};

/** Chosen before each request; the functions look at it when they are called. */
const chosen: { tolerance: string | undefined } = { tolerance: undefined };
Reflect.set(globalThis, 'toleranceCut', chosen);

function sourceOf([, declared, instead]: Cut, tolerance: string): string {
  return `{
    const kept = ${declared};
    const instead = ${instead};
    ${declared} = (...given) => (globalThis.toleranceCut.tolerance === '${tolerance}' ? instead : kept)(...given);
  }`;
}

function additions(file: string): string {
  return Object.entries(CUTS)
    .flatMap(([tolerance, cuts]) =>
      cuts.filter(([cutFile]) => cutFile === file).map((cut) => sourceOf(cut, tolerance)),
    )
    .join('\n');
}

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const inherits = context.parentURL?.endsWith('?cut') && found.url.includes('/lambdas/scim');
    return inherits ? { ...found, url: `${found.url}?cut` } : found;
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const [, file] = /\/lambdas\/scim\/([a-z-]+)\.ts\?cut$/.exec(url) ?? [];
    return file === undefined ? loaded : { ...loaded, source: `${loaded.source}\n${additions(file)}` };
  },
});

/** What is wrong with an exchange (`client/file`), all others being handled as always; judged at Adobe if no answer is. */
export async function playWithout(tolerance: ToleranceName, exchange: string): Promise<string[]> {
  const { openTestBridge: open }: typeof import('./build.ts') = await import(`./build.ts${'?cut'}`);
  const [client = '', name] = exchange.split('/');
  const before = (file: string) => {
    chosen.tolerance = file === name ? tolerance : undefined;
  };
  const wrongAnswers = await playExchanges({ client, open, before, answersOnly: true });
  return wrongAnswers.length > 0 ? wrongAnswers : playExchanges({ client, open, before });
}
