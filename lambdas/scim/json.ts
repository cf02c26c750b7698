/**
 * Reads a JSON body. `JSON.parse` decides what is JSON; a scan before it decides three things that it cannot:
 * nesting is bounded (T35: deep arrays parse, then every later walk overflows the stack), and no object names an attribute
 * twice, also not in another case (T36: SCIM names ignore case, so `userName` beside `USERNAME` has no one meaning).
 *
 * The scan is one loop without recursion. On text that is not JSON it may find nothing; `JSON.parse` then does.
 */
import { badRequest } from './errors.ts';

/** T35. The deepest SCIM message, a PATCH of an extension's complex attribute, needs 6. */
const DEEPEST = 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * SCIM compares attribute names without regard to case, and they are ASCII (RFC 7643 section 2.1): a Kelvin sign is no k here,
 * or a body would name what no path can.
 */
export function fold(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** @throws ScimError 400 invalidSyntax */
export function parseJson(text: string): unknown {
  // A byte order mark is not JSON, but RFC 8259 section 8.1 lets a reader skip it.
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  scan(body);
  try {
    return JSON.parse(body);
  } catch {
    // V8's message quotes the text, which may be personal data (T44).
    throw badRequest('invalidSyntax', 'The request body is not valid JSON. Send one JSON object in UTF-8.');
  }
}

/** What is known of an open bracket: the keys of an object so far, or `undefined` for an array. */
type Frame = Set<string> | undefined;

function scan(text: string): void {
  const frames: Frame[] = [];
  let keyComes = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '{':
      case '[': {
        const isObject = text[at] === '{';
        frames.push(isObject ? new Set() : undefined);
        keyComes = isObject;
        if (frames.length > DEEPEST) throw tooDeep();
        break;
      }
      case '}':
      case ']':
        frames.pop();
        keyComes = false;
        break;
      case ',':
        keyComes = frames.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (keyComes) noteKey(frames.at(-1), text.slice(at, end + 1));
        keyComes = false;
        at = end;
        break;
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

function noteKey(keys: Frame, quoted: string): void {
  if (keys === undefined) return;
  const key = readKey(quoted);
  if (key === undefined) return;
  const folded = fold(key);
  if (keys.has(folded)) {
    throw badRequest(
      'invalidSyntax',
      'An object in the request body names the same attribute twice (names are compared without regard to case). Name it once.',
    );
  }
  keys.add(folded);
}

/** Undefined when the string itself is broken, which the parse after the scan reports. */
function readKey(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

function tooDeep(): Error {
  return badRequest(
    'invalidSyntax',
    `The request body is nested more than ${DEEPEST} levels deep. Send a flatter object.`,
  );
}

/** A JSON object as opposed to an array or null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of an object by folded name. A Map, so that `__proto__` and `constructor` are names like any other (T34). */
export function membersOf(object: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(object).map(([name, value]) => [fold(name), value]));
}
