/** `macrunner status` from its start to its end, as built, beside a Node that does nothing. Both take turns. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { atRest, openBenchStage } from './bench-stage.ts';
import { median, spreadOf } from './quantile.ts';
import { type Measured, measured } from './row.ts';
import type { Scope } from './scope.ts';

const TIMES = 20;

export async function measureCliStatus({ say }: Scope): Promise<readonly Measured[]> {
  await using stage = await openBenchStage({ warm: 1 });
  await stage.startAgent();
  await atRest(stage, { gone: 0, warm: 1 });
  const status: number[] = [];
  const bare: number[] = [];
  while (status.length < TIMES) {
    status.push(await timed(() => stage.cli('status')));
    bare.push(await timed(doNothing));
  }
  say(`${TIMES} times each`);
  return [
    measured({
      name: 'cli-status',
      unit: 'ms',
      value: median(status),
      spread: spreadOf(status),
      peer: { name: 'node -e 0', value: median(bare) },
      goals: [{ of: 'value', atMost: 150 }],
    }),
  ];
}

async function doNothing(): Promise<void> {
  const env = { PATH: process.env.PATH };
  await promisify(execFile)(process.execPath, ['-e', '0'], { env, timeout: 10_000 });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}
