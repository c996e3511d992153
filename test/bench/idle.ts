/**
 * What the agent costs while nothing happens: with no VM, and with one that stands warm. Both agents are watched over the
 * same time, with a program beside them that only loads the same packages.
 */
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { atRest, openBenchStage } from './bench-stage.ts';
import { type Load, loadOf } from './load-of.ts';
import { buildPackagesOnly } from './packages-only.ts';
import { median, spreadOf } from './quantile.ts';
import { type Measured, measured } from './row.ts';
import type { Scope } from './scope.ts';

/** Processor time is counted in ticks of 10 ms: a shorter look would tell nothing. */
const LOOK_MS = 10_000;
/** Longer than the agent looks often after a runner came into its phase. */
const SETTLE_MS = 22_000;

export async function measureIdle({ isQuick, say }: Scope): Promise<readonly Measured[]> {
  const looks = isQuick ? 1 : 6;
  await using none = await openBenchStage({});
  await using warm = await openBenchStage({ warm: 1 });
  await none.startAgent();
  await warm.startAgent();
  await atRest(none, { gone: 0 });
  await atRest(warm, { gone: 0, warm: 1 });
  const program = await buildPackagesOnly(none.home);
  const packages = spawn(process.execPath, [program], { stdio: 'ignore', env: { PATH: process.env.PATH } });
  try {
    await wait(SETTLE_MS);
    const pids = [none.agentPid, warm.agentPid, packages.pid ?? 0];
    const series: (readonly Load[])[] = [pids.map(loadOf)];
    while (series.length <= looks) {
      await wait(LOOK_MS);
      series.push(pids.map(loadOf));
      say(`${(series.length - 1) * 10} of ${looks * 10} s`);
    }
    return rowsOf(series);
  } finally {
    packages.kill('SIGKILL');
  }
}

function rowsOf(series: readonly (readonly Load[])[]): readonly Measured[] {
  const resident = (column: number) => residentOf(series, column);
  const packages = { name: 'the same packages only', value: median(resident(2)) };
  const memory = (name: string, column: number) =>
    measured({
      name,
      unit: 'MiB',
      value: median(resident(column)),
      spread: spreadOf(resident(column)),
      peer: packages,
      goals: [
        { of: 'value', atMost: 110 },
        { of: 'excess', atMost: 35 },
      ],
    });
  const processor = (name: string, column: number) => {
    const shares = sharesOf(series, column);
    const value = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return measured({
      name,
      unit: '%',
      value,
      spread: spreadOf(shares),
      goals: [{ of: 'value', atMost: 0.2 }],
    });
  };
  return [
    processor('idle-cpu-no-vm', 0),
    processor('idle-cpu-warm-vm', 1),
    memory('idle-memory-no-vm', 0),
    memory('idle-memory-warm-vm', 1),
  ];
}

function residentOf(series: readonly (readonly Load[])[], column: number): readonly number[] {
  return series.map((look) => look[column]?.residentMiB ?? Number.NaN);
}

/** Per cent of one core between two looks. */
function sharesOf(series: readonly (readonly Load[])[], column: number): readonly number[] {
  const spent = series.map((look) => look[column]?.cpuMs ?? Number.NaN);
  return spent.slice(1).map((cpuMs, index) => ((cpuMs - (spent[index] ?? Number.NaN)) / LOOK_MS) * 100);
}
