/** All families, in the order in which they run. */
import { bundleFamily } from './bundle.ts';
import type { Family } from './family.ts';
import { growthFamily } from './growth-report.ts';
import { hourFamily } from './hour.ts';
import { httpFamily } from './http.ts';
import { monthFamily } from './month.ts';
import { capacityFamily, operationsFamily } from './operation-reports.ts';
import { drainFamily, firstLoadFamily, grantFamily } from './provisioning-reports.ts';

export const families: readonly Family[] = [
  capacityFamily,
  operationsFamily,
  monthFamily,
  growthFamily,
  firstLoadFamily,
  drainFamily,
  grantFamily,
  hourFamily,
  httpFamily,
  bundleFamily,
];
