/** All planted bugs. */
import { adobePlants } from './in-adobe.ts';
import { directoryPlants } from './in-directory.ts';
import { syncPlants } from './in-sync.ts';
import type { Plant } from './plant.ts';

export const PLANTS: readonly Plant[] = [...directoryPlants, ...syncPlants, ...adobePlants];

export function plantNamed(name: string): Plant {
  const plant = PLANTS.find((one) => one.name === name);
  if (plant === undefined) throw new Error(`there is no plant ${name}; --list-plants shows all`);
  return plant;
}
