/**
 * `npm run demo`: the real daemon, as built, takes jobs from a simulated GitHub, drives a simulated Tart, and leaves nothing
 * behind. `--json` prints one line, `--keep` leaves it running, `--scene=NAME` plays another scene.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { type Frame, openScene, play } from './play.ts';
import type { Scene } from './scene.ts';
import { mainJob } from './scenes/main-job.ts';
import { buildProgram, type Stage } from './stage.ts';
import { closingLines, summarize } from './summary.ts';
import { createPicture } from './table.ts';

const SCENES: readonly Scene[] = [mainJob];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    scene: { type: 'string', default: mainJob.name },
  },
});

const scene = SCENES.find(({ name }) => name === values.scene);
if (scene) {
  process.exitCode = await demo(scene);
} else {
  process.stderr.write(`demo: there is no scene ${values.scene}\n`);
  for (const { name, summary } of SCENES) process.stderr.write(`  --scene=${name}  ${summary}\n`);
  process.exitCode = 2;
}

async function demo(chosen: Scene): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interrupted.abort());
  process.stdout.on('error', () => interrupted.abort());
  await buildProgram();
  await using stage = await openScene(chosen);
  if (values.keep) return await keep(chosen, stage, interrupted.signal);
  const picture = createPicture(process.stdout);
  const onFrame = (frame: Frame): void => {
    if (!values.json) picture.show(frame);
  };
  const seen = await play(chosen, stage, onFrame, interrupted.signal);
  if (interrupted.signal.aborted) return 1;
  const summary = summarize(chosen, seen);
  process.stdout.write(
    values.json ? `${JSON.stringify(summary)}\n` : `${closingLines(chosen, seen).join('\n')}\n`,
  );
  if (values.json && !summary.ok) process.stderr.write(`${closingLines(chosen, seen).join('\n')}\n`);
  return summary.ok ? 0 : 1;
}

/** Queues the jobs and leaves everything running until it is interrupted. */
async function keep(chosen: Scene, stage: Stage, interrupted: AbortSignal): Promise<number> {
  for (const { name, labels, steps } of chosen.jobs) {
    stage.github.queueJob({ name, labels: [...labels], steps: steps.map((step) => ({ ...step })) });
  }
  process.stdout.write(
    [
      'The agent serves until you press Ctrl-C. In another terminal, from this checkout:',
      `  export MACRUNNER_HOME=${stage.home}`,
      '  npm run -s macrunner -- status --watch',
      '  npm run -s macrunner -- events -f',
      `  curl -s ${stage.github.origin}/_control/jobs`,
      '',
    ].join('\n'),
  );
  if (!interrupted.aborted) await once(interrupted, 'abort');
  return 0;
}
