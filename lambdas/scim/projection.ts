/**
 * Which part of a resource an answer shows: `attributes`, `excludedAttributes` and the `returned` characteristic
 * (RFC 7644 section 3.9, rows 165-172). Where both parameters are sent, `attributes` wins: nothing is served by refusing a
 * look-up. Unknown names are ignored. `wants` is asked before reading what is expensive to read.
 */
import {
  type Attribute,
  type AttributeRef,
  COMMON,
  type ResourceKind,
  resolvePath,
  type SchemaRef,
} from './attributes.ts';
import { fold, isObject } from './json.ts';
import type { Values } from './values.ts';

type Ref = AttributeRef | SchemaRef;

export interface Projection {
  readonly kind: ResourceKind;
  /** All by default; `only` and `without` name what was asked for. */
  readonly mode: 'all' | 'only' | 'without';
  readonly refs: readonly Ref[];
}

/** Both parameters as they stand in the query: comma-separated attribute notation. */
export function readProjection(
  kind: ResourceKind,
  attributes: string | undefined,
  excludedAttributes: string | undefined,
): Projection {
  const only = namesIn(attributes);
  if (only.size > 0) return { kind, mode: 'only', refs: refsTo(kind, only) };
  const without = namesIn(excludedAttributes);
  return { kind, mode: without.size > 0 ? 'without' : 'all', refs: refsTo(kind, without) };
}

/** Folded, and each once: every resource of a page is compared with all of them, and a client may repeat one 200,000 times (I15). */
function namesIn(list: string | undefined): ReadonlySet<string> {
  const names = (list ?? '').split(',').map((name) => fold(name.trim()));
  return new Set(names.filter((name) => name !== ''));
}

function refsTo(kind: ResourceKind, names: ReadonlySet<string>): readonly Ref[] {
  return [...names].map((name) => resolvePath(kind, name)).filter((ref) => ref !== undefined);
}

/** Whether any part of this top-level core attribute will be shown. */
export function wants({ kind, mode, refs }: Projection, name: string): boolean {
  const named = refs.some(
    (ref) =>
      (ref.kind === 'schema' && ref.schema === kind.core) ||
      (ref.kind === 'attribute' &&
        ref.extension === undefined &&
        ref.attribute.name === name &&
        (mode === 'only' || ref.sub === undefined)),
  );
  return mode === 'only' ? named : !named;
}

/** Whether an extension that is returned on request was asked for, or a part of it (row 171). */
export function wantsExtension({ mode, refs }: Projection, urn: string): boolean {
  const names = (ref: Ref) => (ref.kind === 'schema' ? ref.schema.urn : ref.extension) === urn;
  return mode === 'only' && refs.some(names);
}

/** The part of a full representation that is shown; what is always returned stays (rows 166, 167). */
export function project(projection: Projection, resource: Values): Values {
  const { kind, mode, refs } = projection;
  if (mode === 'all') return resource;
  const shown: Values = {};
  for (const [name, value] of Object.entries(resource)) {
    const extension = kind.extensions.find((schema) => schema.urn === name);
    const kept =
      extension === undefined
        ? keepAttribute(projection, attributeNamed(kind, name), value, refsIn(refs, undefined, kind.core.urn))
        : keepExtension(projection, value, refsIn(refs, extension.urn, extension.urn));
    if (kept !== undefined) shown[name] = kept;
  }
  return shown;
}

/** The references into one container, and whether it is named as a whole. */
interface Inside {
  readonly whole: boolean;
  readonly refs: readonly AttributeRef[];
}

function refsIn(refs: readonly Ref[], extension: string | undefined, urn: string): Inside {
  return {
    whole: refs.some((ref) => ref.kind === 'schema' && ref.schema.urn === urn),
    refs: refs.filter((ref) => ref.kind === 'attribute').filter((ref) => ref.extension === extension),
  };
}

function attributeNamed(kind: ResourceKind, name: string): Attribute | undefined {
  const folded = name.toLowerCase();
  return kind.core.attributes.get(folded) ?? COMMON.get(folded);
}

function keepExtension(projection: Projection, value: unknown, inside: Inside): unknown {
  if (inside.whole) return projection.mode === 'only' ? value : undefined;
  if (!isObject(value)) return undefined;
  const kept = Object.entries(value).flatMap(([name, item]) => {
    const refs = inside.refs.filter((ref) => ref.attribute.name === name);
    const shown = keepValue(projection.mode, item, refs);
    return shown === undefined ? [] : [[name, shown] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function keepAttribute(
  projection: Projection,
  attribute: Attribute | undefined,
  value: unknown,
  inside: Inside,
): unknown {
  if (attribute === undefined || attribute.returned === 'never') return undefined;
  if (attribute.returned === 'always') return value;
  const isCommon = COMMON.has(attribute.name.toLowerCase());
  if (inside.whole && !isCommon) return projection.mode === 'only' ? value : undefined;
  return keepValue(
    projection.mode,
    value,
    inside.refs.filter((ref) => ref.attribute === attribute),
  );
}

/** `refs` are those that name this attribute or a part of it. */
function keepValue(mode: 'all' | 'only' | 'without', value: unknown, refs: readonly AttributeRef[]): unknown {
  const whole = refs.some((ref) => ref.sub === undefined);
  if (mode === 'only') {
    if (whole) return value;
    return refs.length === 0 ? undefined : parts(value, (name) => refs.some((ref) => ref.sub?.name === name));
  }
  if (whole) return undefined;
  return refs.length === 0 ? value : parts(value, (name) => refs.every((ref) => ref.sub?.name !== name));
}

function parts(value: unknown, keep: (name: string) => boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => parts(item, keep)).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (!isObject(value)) return undefined;
  const kept = Object.entries(value).filter(([name]) => keep(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
