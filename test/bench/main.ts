/**
 * `npm run bench`: measures the program as built, on a simulated GitHub and a simulated Tart. `--json` prints one line,
 * `--only=NAME` runs one measurement, `--quick` measures less. Ends with 0 whatever the numbers are: they are compared,
 * not asserted, for the machine is shared. docs/benchmarks.md says how each is measured.
 */
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { buildProgram } from '../e2e/stage.ts';
import { measureCliStatus } from './cli-status.ts';
import { measureCloneStart } from './clone-start.ts';
import { measureIdle } from './idle.ts';
import { measurePlanScaling } from './plan-rows.ts';
import { type Measured, rowSchema } from './row.ts';
import { measureRunnerStart } from './runner-start.ts';
import type { Scope } from './scope.ts';
import { tableOf } from './table.ts';

type Measure = (scope: Scope) => Promise<readonly Measured[]>;

const MEASUREMENTS: Readonly<Record<string, Measure>> = {
  clone: measureCloneStart,
  start: measureRunnerStart,
  idle: measureIdle,
  status: measureCliStatus,
  plan: measurePlanScaling,
};

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

const chosen = Object.entries(MEASUREMENTS).filter(([name]) => name === (values.only ?? name));
if (chosen.length > 0) {
  await bench(chosen);
} else {
  process.stderr.write(
    `bench: there is no ${values.only}; there are ${Object.keys(MEASUREMENTS).join(', ')}\n`,
  );
  process.exitCode = 2;
}

async function bench(measurements: readonly (readonly [string, Measure])[]): Promise<void> {
  const machine = machineNow();
  await buildProgram();
  const measured: Measured[] = [];
  for (const [name, measure] of measurements) {
    const say = (progress: string): void => {
      process.stderr.write(`${name}: ${progress}\n`);
    };
    measured.push(...(await measure({ isQuick: values.quick, say })));
  }
  const rows = measured.map(({ row }) => rowSchema.parse(row));
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ v: 1, machine, rows })}\n`
      : `${describe(machine)}\n\n${tableOf(measured)}\n`,
  );
}

function machineNow() {
  const cores = cpus();
  return {
    platform: process.platform,
    arch: process.arch,
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    /** Processes that wanted to run in the minute before: with others at work, only ratios mean something. */
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function describe(machine: ReturnType<typeof machineNow>): string {
  const { platform, arch, cpu, cores, memoryGiB, node, loadBefore } = machine;
  return `${platform}-${arch}, ${cores} × ${cpu}, ${memoryGiB} GiB, Node ${node}, load before ${loadBefore}`;
}
