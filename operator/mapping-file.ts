/**
 * Reads a mapping file: YAML with one key, `rules`. Only the outer shape is judged here; the rules themselves are
 * checked by the command, which knows the groups of Adobe.
 */
import { parseDocument } from 'yaml';

export type MappingFile =
  | { readonly ok: true; readonly rules: unknown }
  | { readonly ok: false; readonly message: string };

export function readMapping(text: string): MappingFile {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) return { ok: false, message: `not valid YAML: ${error.message.trimEnd()}` };
  const content: unknown = document.toJS({ maxAliasCount: 100 });
  if (typeof content !== 'object' || content === null || Array.isArray(content) || !('rules' in content)) {
    return { ok: false, message: 'a mapping file begins with "rules:" and lists the rules below it' };
  }
  const strange = Object.keys(content).find((key) => key !== 'rules');
  if (strange !== undefined)
    return { ok: false, message: `a mapping file holds "rules:" only; take out "${strange}:"` };
  return { ok: true, rules: content.rules };
}
