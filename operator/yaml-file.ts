/**
 * Reads the YAML files of an operator. Only the outer shape is judged here; the content is checked by the command, which
 * knows the groups of Adobe and what is in force.
 */
import { parseDocument } from 'yaml';

export type YamlFile =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly message: string };

export function readYaml(text: string): YamlFile {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) return { ok: false, message: `not valid YAML: ${error.message.trimEnd()}` };
  return { ok: true, content: document.toJS({ maxAliasCount: 100 }) };
}

/** A mapping file has one key, `rules`; its value is what is sent. */
export function readMapping(text: string): YamlFile {
  const file = readYaml(text);
  if (!file.ok) return file;
  const { content } = file;
  if (typeof content !== 'object' || content === null || Array.isArray(content) || !('rules' in content)) {
    return { ok: false, message: 'a mapping file begins with "rules:" and lists the rules below it' };
  }
  const strange = Object.keys(content).find((key) => key !== 'rules');
  if (strange !== undefined)
    return { ok: false, message: `a mapping file holds "rules:" only; take out "${strange}:"` };
  return { ok: true, content: content.rules };
}
