/** The typed steps of a command and the small checks that every part of the grammar uses. */

export type Step =
  | {
      readonly kind: 'create';
      readonly step: 'addAdobeID' | 'createEnterpriseID' | 'createFederatedID';
      readonly email?: string;
      readonly firstname?: string;
      readonly lastname?: string;
      readonly country?: string;
      readonly option?: string;
    }
  | {
      readonly kind: 'update';
      readonly email?: string;
      readonly username?: string;
      readonly firstname?: string;
      readonly lastname?: string;
      readonly country?: string;
    }
  /** `deprecated` names the old key that was used in place of `group` (6.3). */
  | { readonly kind: 'add' | 'remove'; readonly names: readonly string[]; readonly deprecated?: string }
  | { readonly kind: 'removeAll' }
  | { readonly kind: 'removeFromOrg'; readonly deleteAccount: boolean }
  | {
      readonly kind: 'createUserGroup';
      readonly name?: string;
      readonly description?: string;
      readonly option?: string;
    }
  | { readonly kind: 'updateUserGroup'; readonly name?: string; readonly description?: string }
  | { readonly kind: 'deleteUserGroup' }
  | {
      readonly kind: 'addMembers' | 'removeMembers';
      readonly users: readonly string[];
      readonly profiles: readonly string[];
    };

/** Limit of names, user ids and domains (4.3). */
export const MAX_NAME = 250;

/** A command that breaks the grammar. You meet it only inside the grammar files: `parseCommand` turns it into a result. */
export class GrammarFault extends Error {
  readonly code: string;
  readonly step: number | undefined;

  constructor(code: string, step: number | undefined) {
    super(code);
    this.code = code;
    this.step = step;
  }
}

export function refuse(code: string, step?: number): GrammarFault {
  return new GrammarFault(code, step);
}

export function asObject(value: unknown, code: string, step?: number): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(code, step);
  return Object.fromEntries(Object.entries(value));
}

export function refuseUnknownKeys(
  body: Readonly<Record<string, unknown>>,
  known: readonly string[],
  code: string,
  step?: number,
): void {
  if (Object.keys(body).some((key) => !known.includes(key))) throw refuse(code, step);
}

/** A text field, checked for type and length. */
export function optionalText(
  body: Readonly<Record<string, unknown>>,
  key: string,
  code = 'error.command.string_expected',
  step?: number,
): string | undefined {
  const value = body[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw refuse(code, step);
  if (value.length > MAX_NAME && key !== 'description') throw refuse('error.command.string.too_long', step);
  return value;
}
