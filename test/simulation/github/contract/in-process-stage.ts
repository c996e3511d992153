/** The simulated GitHub of the simulation as a stage, on real time that can jump. */
import { createClock } from '../../../support/github/clock.ts';
import { createRandom } from '../../../support/github/random.ts';
import { until } from '../../../support/until.ts';
import type { Fault } from '../faults.ts';
import type { RunnerJob, RunnerSession } from '../runner-side.ts';
import { type Connection, createSimulatedGitHub } from '../simulated-github.ts';
import { HOLD_MS, type Knobs, type Stage } from './stage.ts';

export async function inProcessStage(knobs: Knobs): Promise<Stage> {
  const clock = createClock();
  const faults: { route: string; fault: Fault; times: number }[] = [];
  const github = createSimulatedGitHub({
    time: { now: clock.now, after: (ms, work) => ({ cancel: clock.after(ms, work) }) },
    random: createRandom(1),
    settings: { holdMs: HOLD_MS, ...knobs },
    groups: ['macs'],
    fault({ route }) {
      const hit = faults.find((each) => each.route === route && each.times > 0);
      if (hit) hit.times -= 1;
      return hit?.fault ?? null;
    },
  });
  const guests = github.connect('guests');
  return {
    url: 'http://github.simulated:8080/acme',
    connect(name) {
      const { http, rest, die } = github.connect(name);
      return { http, rest: () => rest, die };
    },
    set(name) {
      const set = [...github.sets()].find((each) => each.name === name);
      if (!set) return null;
      return { capacity: set.capacity, heldPolls: set.held.size, unacknowledged: set.log.length };
    },
    queueJob: (labels, displayName) => github.queueJob({ labels, displayName }),
    cancelJob: (key) => github.cancelJob(key),
    startRunner: (jitConfig) => startRunner(guests, jitConfig),
    expireTokens: () => github.expireTokens(),
    killSession: async (name) => pulled(github.killSession(name)),
    deleteSet: async (name) => pulled(github.deleteSet(name)),
    completed: async (key, how) =>
      pulled(how === 'early' ? github.completeEarly(key) : github.completeAgain(key)),
    fault(route, fault, times) {
      const refused = { status: Number(fault), body: '{"message":"injected"}' };
      faults.push({ route, times, fault: typeof fault === 'number' ? refused : fault });
    },
    advance: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      clock.stop();
    },
  };
}

function pulled(worked: boolean): void {
  if (!worked) throw new Error('the lever does not apply');
}

async function startRunner(guests: Connection, jitConfig: string) {
  let isCancelled = false;
  const session = guests.runnerConnect(jitConfig, {
    onCancel() {
      isCancelled = true;
    },
  });
  if (typeof session === 'string') throw new Error(`the runner was refused: ${session}`);
  const job = await firstJob(session);
  if (session.startJob(job) !== 'started') throw new Error('the job was not started');
  return {
    async finish(result: 'succeeded' | 'failed' | 'canceled') {
      session.finishJob(job, result);
    },
    cancelled: () => until(() => isCancelled),
    vanish: () => session.vanish(),
  };
}

async function firstJob(session: RunnerSession): Promise<RunnerJob> {
  let job: RunnerJob | null = null;
  await until(() => {
    job = session.nextJob();
    return job !== null;
  });
  if (!job) throw new Error('no job');
  return job;
}
