/** Makes the client of one identity provider by its name. */
import type { Dialect, DialectDeps, DialectName } from './dialect.ts';
import { createEntra } from './entra.ts';
import { createOkta } from './okta.ts';

export interface AnyDialectDeps extends DialectDeps {
  /** Unique text: Okta's random passwords, Entra's look-up of nobody. */
  readonly newId: () => string;
}

export function createDialect(name: DialectName, deps: AnyDialectDeps): Dialect {
  switch (name) {
    case 'okta-catalog':
    case 'okta-wizard':
      return createOkta(name, { ...deps, newPassword: deps.newId });
    case 'entra':
    case 'entra-flag':
      return createEntra(name, deps);
  }
}
