/** `doctor`. */
import { bare, type Form } from '../form.ts';

export const setupForms: readonly Form[] = [
  bare(
    'doctor',
    'doctor',
    'looks at everything again: ok, warn or fail, and what to do; ends with 1 on a fail',
  ),
];
