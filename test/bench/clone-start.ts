/** From a message of GitHub's to the start of `tart clone`: the whole of the agent's own reaction to a job. */
import { until } from '../support/until.ts';
import { watchAssignments } from './assignments.ts';
import { atRest, openBenchStage, queueJob } from './bench-stage.ts';

import { median, quantile, spreadOf } from './quantile.ts';
import { type Measured, measured } from './row.ts';
import type { Scope } from './scope.ts';
import { createStamper, type Stamp } from './stamps.ts';
import { createWallClock } from './wall-clock.ts';

export async function measureCloneStart({ isQuick, say }: Scope): Promise<readonly Measured[]> {
  const jobs = isQuick ? 12 : 40;
  const clock = createWallClock();
  await using stage = await openBenchStage({});
  const stamper = createStamper(stage.home);
  stamper.putBefore(stage.tart.path);
  using assignments = watchAssignments(stage.github, clock.now);
  await stage.startAgent();
  const samples: number[] = [];
  while (samples.length < jobs) {
    await atRest(stage, { gone: samples.length });
    clock.set();
    const jobId = queueJob(stage, `job ${samples.length}`);
    await until(() => clonesOf(stamper.read()).length > samples.length);
    samples.push((clonesOf(stamper.read()).at(-1) ?? Number.NaN) - (assignments.of(jobId) ?? Number.NaN));
    say(`${samples.length} of ${jobs} jobs`);
  }
  const own = stamper.ownMs();
  const spread = spreadOf(samples);
  return [
    measured({
      name: 'message-to-clone-p50',
      unit: 'ms',
      value: median(samples),
      spread,
      goals: [{ of: 'value', atMost: 10 }],
    }),
    measured({
      name: 'message-to-clone-p99',
      unit: 'ms',
      value: quantile(samples, 0.99),
      spread,
      goals: [{ of: 'value', atMost: 30 }],
    }),
    measured({ name: 'message-to-clone-stamp', unit: 'ms', value: own.median, spread: own.spread }),
  ];
}

function clonesOf(stamps: readonly Stamp[]): readonly number[] {
  return stamps.filter(({ call }) => call.includes('\tclone ')).map(({ atMs }) => atMs);
}
