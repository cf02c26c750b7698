/** How fast the function of the SCIM service starts, against one that only makes a DynamoDB client (`npm run bundle`). */
import { bundleFunctions } from '../../infra/bundle.ts';
import { measureStarts } from '../../infra/measure.ts';
import type { Family, Options, Report } from './family.ts';
import { shown } from './figures.ts';

export const bundleFamily: Family = {
  name: 'bundle',
  about: 'from import to first answer, the bundles against one that only makes a DynamoDB client',
  run: reportStarts,
};

async function reportStarts({ onProgress }: Options): Promise<Report> {
  onProgress('fresh processes, in turns');
  const { lean, ...starts } = await measureStarts(await bundleFunctions());
  const { client, scim } = starts;
  return {
    tables: [
      {
        title: 'Milliseconds in fresh processes, medians',
        header: ['', 'import', 'first answer', 'times the client'],
        rows: Object.entries(starts).map(([name, { importMs, answerMs }]) => [
          name,
          ...[importMs, answerMs, answerMs / client.answerMs].map(shown),
        ]),
      },
    ],
    verdicts: [
      {
        what: 'SCIM function, import to first answer, against a mere client',
        value: scim.answerMs / client.answerMs,
        bar: { most: 1.3 },
      },
    ],
    data: { ...starts, lean },
  };
}
