/** One soak: an agent, a world around it, jobs until all have ended, and how the agent was meanwhile. */
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { requestJson } from '../../src/lib/unix-http.ts';
import { createRandom } from '../simulation/random.ts';
import { until } from '../support/until.ts';
import { AgentProcess } from './agent-process.ts';
import { placesIn } from './conditions.ts';
import { lookAtDisk } from './disk.ts';
import { Load } from './load.ts';
import { openOutside } from './outside.ts';
import type { Sample } from './series.ts';
import type { Soaked } from './verdict.ts';

export interface SoakOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

const EVERY_MS = 1_000;
/** When no job ends for so long, none will. */
const STALLED_MS = 120_000;
const SAY_EVERY_MS = 15_000;
/** Each costs the agent a collection of its garbage. */
const SAMPLES = 100;

export async function soak({ jobs, seed, say, signal }: SoakOptions): Promise<Soaked> {
  using home = mkdtempDisposableSync(join(tmpdir(), 'mr-soak-'));
  const load = new Load(jobs, createRandom(seed, 'load'));
  await using outside = await openOutside(seed, (event) => {
    load.hear(event);
    // GitHub is told of nothing new while it tells something itself.
    if (event.type === 'job-completed') setImmediate(() => load.fill(outside.github));
  });
  const places = placesIn(home.path);
  const { github, mac, url } = outside;
  const agent = new AgentProcess({ home: home.path, url, mac: mac.connect() });
  const complaints: string[] = [];
  try {
    await until(() => agent.isServing, 60_000);
    const beganMs = performance.now();
    load.fill(github);
    const samples = await watch({ jobs, agent, load, places, complaints, say, signal });
    const seconds = (performance.now() - beganMs) / 1_000;
    if (load.isOver) await settle(outside, complaints);
    const { ended, cancelled } = load;
    return { jobs, seed, ended, cancelled, samples, seconds, lost: load.lost(), complaints };
  } finally {
    if (!(await agent.stop())) complaints.push('the agent did not end well');
  }
}

interface Watched {
  readonly jobs: number;
  readonly agent: AgentProcess;
  readonly load: Load;
  readonly places: ReturnType<typeof placesIn>;
  readonly complaints: string[];
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

/** Asks for the status every second, as an operator does, and measures now and then, until all jobs ended or none does. */
async function watch({
  jobs,
  agent,
  load,
  places,
  complaints,
  say,
  signal,
}: Watched): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const beganMs = performance.now();
  const last = { ended: 0, endedMs: beganMs, saidMs: beganMs };
  while (!signal.aborted) {
    await wait(EVERY_MS);
    const { ended, isOver } = load;
    const nowMs = performance.now();
    if (ended > last.ended) Object.assign(last, { ended, endedMs: nowMs });
    const trouble = await troubleOf(agent, places.socket, nowMs - last.endedMs);
    if (trouble !== null) complaints.push(trouble);
    if (trouble !== null) break;
    if (isOver || ended - (samples.at(-1)?.jobs ?? 0) >= jobs / SAMPLES) {
      const vitals = await agent.measure(AbortSignal.timeout(STALLED_MS));
      if (vitals)
        samples.push({ seconds: (nowMs - beganMs) / 1_000, jobs: ended, ...vitals, ...lookAtDisk(places) });
    }
    if (isOver) break;
    if (nowMs - last.saidMs < SAY_EVERY_MS) continue;
    last.saidMs = nowMs;
    say(`${ended} jobs ended, ${Math.round((samples.at(-1)?.rssKiB ?? 0) / 1_024)} MiB`);
  }
  return samples;
}

async function troubleOf(agent: AgentProcess, socketPath: string, idleMs: number): Promise<string | null> {
  if (!agent.isAlive) return 'the agent ended by itself';
  if (idleMs > STALLED_MS) return `no job ended for ${STALLED_MS / 1_000} s`;
  const { signal } = new AbortController();
  try {
    const asked = { socketPath, path: '/v1/status', method: 'GET', timeoutMs: STALLED_MS, signal } as const;
    const { status } = await requestJson(asked);
    return status === 200 ? null : `the status was answered with ${status}`;
  } catch (error) {
    return `the status was not answered: ${String(error)}`;
  }
}

/** All jobs are over: nothing may be left on the Mac or at GitHub. */
async function settle(
  { github, mac }: Awaited<ReturnType<typeof openOutside>>,
  complaints: string[],
): Promise<void> {
  const vms = () => mac.truth().filter(({ name }) => name.startsWith('mr-'));
  const runners = () => [...github.runners()];
  try {
    await until(() => vms().length + runners().length === 0, 60_000);
  } catch {
    complaints.push(`left over: ${vms().length} VMs, ${runners().length} runners at GitHub`);
  }
}
