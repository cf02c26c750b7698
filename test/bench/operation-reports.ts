/** What operations cost: in units against the table derived by hand, in dollars, and in time against their bare calls. */
import { countUnits } from './capacity.ts';
import { readDerived } from './derived.ts';
import type { Family, Report, Verdict } from './family.ts';
import { dollars, shown } from './figures.ts';
import { measureTimes, type OperationTime } from './operation-times.ts';

export const capacityFamily: Family = {
  name: 'capacity',
  about: 'calls and units of each operation, as the database reports them, against the table in the docs',
  run: reportCapacity,
};

async function reportCapacity(): Promise<Report> {
  const derived = readDerived();
  const counted = await countUnits();
  const rows = counted.map(({ operation, units }) => {
    const { calls, read, write, index } = units;
    const wanted = derived.get(operation.label);
    const differs = JSON.stringify(wanted) === JSON.stringify(units) ? '' : JSON.stringify(wanted);
    const perMillion = dollars(units) * 1_000_000;
    return { name: operation.name, differs, perMillion, calls, read, write, index };
  });
  return {
    tables: [
      {
        title: 'Units, and dollars for a million of the operation',
        header: ['operation', 'calls', 'read', 'write', 'index', '$', 'derived, where it differs'],
        rows: rows.map(({ name, calls, read, write, index, perMillion, differs }) => [
          name,
          ...[calls, read, write, index, perMillion].map(shown),
          differs,
        ]),
      },
    ],
    verdicts: [
      {
        what: 'operations whose units are not those of the table',
        value: rows.filter(({ differs }) => differs !== '').length,
        bar: { most: 0 },
      },
    ],
    data: rows,
  };
}

export const operationsFamily: Family = {
  name: 'operations',
  about: 'each SCIM operation against its bare calls, in turns',
  run: async ({ full, onProgress }) =>
    reportTimes(await measureTimes({ rounds: full ? 50 : 15, lanes: [1, 8, 32], onProgress })),
};

/** What the design allows: half as much again as the calls that cannot be avoided. */
const MOST = 1.5;

function reportTimes(times: readonly OperationTime[]): Report {
  const lanes = [...new Set(times.map((time) => time.lanes))];
  return {
    tables: lanes.map((width) => ({
      title: width === 1 ? 'One request at a time, medians' : `${width} requests at once, medians`,
      header: ['operation', 'calls', 'handler ms', 'bare ms', 'ratio', 'processor ms', 'bare', 'more'],
      rows: times
        .filter((time) => time.lanes === width)
        .map(({ operation, calls, handlerMs, bareMs, ratio, handlerCpuMs, bareCpuMs }) => [
          operation.name,
          ...[calls, handlerMs, bareMs, ratio, handlerCpuMs, bareCpuMs, handlerCpuMs - bareCpuMs].map(shown),
        ]),
    })),
    verdicts: times.map(
      ({ operation, lanes: width, ratio }): Verdict => ({
        what: `${operation.name}${width === 1 ? '' : `, ${width} at once`}: times its bare calls`,
        value: ratio,
        bar: { most: MOST },
      }),
    ),
    data: times.map(({ operation, ...figures }) => ({ operation: operation.name, ...figures })),
  };
}
