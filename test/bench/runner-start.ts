/**
 * From a job's assignment to the start of GitHub's runner in the guest: in a VM that stands warm, in one that must be
 * made and booted first, and, to know what of it is the guest's own, by calling the guest's bootstrap directly.
 */
import { join } from 'node:path';
import type { Stage } from '../e2e/stage.ts';
import { Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';
import { type Assignments, watchAssignments } from './assignments.ts';
import { atRest, IMAGE, openBenchStage, queueJob } from './bench-stage.ts';
import { median, spreadOf } from './quantile.ts';
import { type Measured, measured } from './row.ts';
import type { Scope } from './scope.ts';
import { createStamper, type Stamper } from './stamps.ts';
import { createWallClock, type WallClock } from './wall-clock.ts';

const LISTENER = 'Users/admin/actions-runner/bin/Runner.Listener';
/** The two jobs of a cold start fill the host. */
const AT_ONCE = 2;

export async function measureRunnerStart({ isQuick, say }: Scope): Promise<readonly Measured[]> {
  const clock = createWallClock();
  const warm = await startsWarm(clock, isQuick ? 4 : 10, say);
  const own = await startsDirectly(clock, isQuick ? 4 : 10, say);
  const cold = await startsCold(clock, isQuick ? 3_000 : 15_000, say);
  return rowsOf({ warm, own, cold });
}

function rowsOf(samples: Readonly<Record<'warm' | 'own' | 'cold', readonly number[]>>): readonly Measured[] {
  const { warm, own, cold } = samples;
  const guest = { name: 'bootstrap called directly', value: median(own) };
  return [
    measured({
      name: 'warm-start',
      unit: 'ms',
      value: median(warm),
      spread: spreadOf(warm),
      peer: guest,
      goals: [{ of: 'excess', atMost: 300 }],
    }),
    measured({
      name: 'cold-start',
      unit: 'ms',
      value: median(cold),
      spread: spreadOf(cold),
      peer: { name: 'warm-start', value: median(warm) },
      goals: [{ of: 'ratio', atLeast: 10 }],
    }),
    measured({
      name: 'cold-start-over-guest',
      unit: 'ms',
      value: median(cold) - guest.value,
      spread: [Math.min(...cold) - guest.value, Math.max(...cold) - guest.value],
    }),
  ];
}

interface Rig {
  readonly stage: Stage;
  readonly clock: WallClock;
  readonly stamper: Stamper;
  readonly assignments: Assignments;
}

async function startsWarm(clock: WallClock, wanted: number, say: Scope['say']): Promise<readonly number[]> {
  await using stage = await openBenchStage({ warm: 1 });
  const stamper = stampListener(stage);
  using assignments = watchAssignments(stage.github, clock.now);
  await stage.startAgent();
  const samples: number[] = [];
  while (samples.length < wanted) {
    await atRest(stage, { gone: samples.length, warm: 1 });
    samples.push(...(await startsOf({ stage, clock, stamper, assignments }, 1)));
    say(`warm start ${samples.length} of ${wanted}`);
  }
  return samples;
}

async function startsCold(clock: WallClock, bootMs: number, say: Scope['say']): Promise<readonly number[]> {
  await using stage = await openBenchStage({ bootMs });
  const stamper = stampListener(stage);
  using assignments = watchAssignments(stage.github, clock.now);
  await stage.startAgent();
  await atRest(stage, { gone: 0 });
  const samples = await startsOf({ stage, clock, stamper, assignments }, AT_ONCE);
  say(`cold start ${samples.length} times at once`);
  return samples;
}

/** Queues `count` jobs at once; which runner serves which of them does not matter, the first is reckoned to the first. */
async function startsOf(rig: Rig, count: number): Promise<readonly number[]> {
  const { stage, clock, stamper, assignments } = rig;
  const before = stamper.read().length;
  clock.set();
  const jobs = Array.from({ length: count }, (_, index) => queueJob(stage, `job ${before + index}`));
  await until(() => stamper.read().length >= before + count, 60_000);
  return stamper
    .read()
    .slice(before)
    .map(({ atMs }, index) => atMs - (assignments.of(jobs[index] ?? '') ?? Number.NaN));
}

/** What the guest itself needs: no agent, no `tart exec`, the same programs on the same disk. */
async function startsDirectly(
  clock: WallClock,
  wanted: number,
  say: Scope['say'],
): Promise<readonly number[]> {
  const samples: number[] = [];
  while (samples.length < wanted) {
    using sandbox = new Sandbox();
    const stamper = createStamper(sandbox.rootfs);
    stamper.putBefore(sandbox.path(LISTENER));
    clock.set();
    const beganMs = clock.now();
    const input = JSON.stringify({ jitConfig: 'e30=', environment: {} });
    await sandbox.run('bin/bootstrap', [], { input });
    await until(() => stamper.read().length > 0);
    samples.push((stamper.read()[0]?.atMs ?? Number.NaN) - beganMs);
  }
  say(`bootstrap called directly ${samples.length} times`);
  return samples;
}

function stampListener(stage: Stage): Stamper {
  const stamper = createStamper(stage.home);
  stamper.putBefore(join(stage.tart.rootfs(IMAGE), LISTENER));
  return stamper;
}
