/**
 * The simulated GitHub of the simulation against the one over HTTP, which GitHub's own Go client has judged: the real
 * client plays the same scenarios on both, and must hear the same, word for word.
 */
import { expect, test } from 'vitest';
import { httpStage } from './contract/http-stage.ts';
import { inProcessStage } from './contract/in-process-stage.ts';
import { JOB_SCENARIOS } from './contract/job-scenarios.ts';
import { QUEUE_SCENARIOS } from './contract/queue-scenarios.ts';
import type { Scenario } from './contract/scenario.ts';
import type { Knobs, Stage } from './contract/stage.ts';

async function heardOn(
  open: (knobs: Knobs) => Promise<Stage>,
  { knobs = {}, play }: Scenario,
  signal: AbortSignal,
): Promise<readonly (readonly string[])[]> {
  await using stage = await open(knobs);
  return (await play(stage, signal)).map(({ heard }) => heard);
}

const SCENARIOS = { ...JOB_SCENARIOS, ...QUEUE_SCENARIOS };

test.for(Object.entries(SCENARIOS))('%s', async ([, scenario], { signal }) => {
  const overHttp = await heardOn(httpStage, scenario, signal);
  const inProcess = await heardOn(inProcessStage, scenario, signal);
  expect(inProcess).toEqual(overHttp);
});
