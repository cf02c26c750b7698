/** Lays a plant over the product's files as they are loaded; called before the first of them is. */
import { registerHooks } from 'node:module';
import { type Plant, plantInto } from './plant.ts';

const LAMBDAS = new URL('../../../lambdas/', import.meta.url).href;

export function plant({ changes }: Plant): void {
  const files = new Set(changes.map((change) => change.file));
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const file = url.startsWith(LAMBDAS) ? url.slice(LAMBDAS.length) : '';
      if (!files.has(file)) return loaded;
      const source = Buffer.from((loaded.source ?? '') as Uint8Array).toString('utf8');
      return { ...loaded, source: plantInto(source, file, changes) };
    },
  });
}
