/** The agent's outside: a simulated GitHub on a real socket and a simulated Mac on which time goes fast, in this process. */
import { systemTime } from '../../src/lib/time.ts';
import type { GitHubEvent } from '../simulation/github/events.ts';
import { createSimulatedGitHub, type SimulatedGitHub } from '../simulation/github/simulated-github.ts';
import { createRandom } from '../simulation/random.ts';
import { Mac } from '../simulation/tart/mac.ts';
import { BOOT_MS, IMAGE, MAC_DURATIONS, MOST_WORK_MS, SPEED, TOKEN_MS } from './conditions.ts';
import { offWire, serveGitHub } from './github-server.ts';

export interface Outside extends AsyncDisposable {
  readonly github: SimulatedGitHub;
  readonly mac: Mac;
  readonly url: string;
}

export async function openOutside(seed: number, on: (event: GitHubEvent) => void): Promise<Outside> {
  const chance = createRandom(seed, 'github');
  const luck = createRandom(seed, 'mac');
  const github = createSimulatedGitHub({
    time: { now: systemTime.wallMs, after: systemTime.after },
    random: chance.next,
    settings: { adminTokenMs: TOKEN_MS, queueTokenMs: TOKEN_MS },
    on,
  });
  const guests = github.connect('guests');
  const mac = new Mac({
    time: {
      steadyMs: () => systemTime.steadyMs() * SPEED,
      after: (ms, work) => systemTime.after(Math.max(0, ms / SPEED), work),
    },
    random: luck.next,
    github: { runnerConnect: (jit, callbacks) => guests.runnerConnect(offWire(jit), callbacks) },
    images: [IMAGE],
    durations: MAC_DURATIONS,
    guestOf: () => ({ bootMs: BOOT_MS }),
    workOf: () => ({ ms: luck.int(0, MOST_WORK_MS) }),
    hauntingOf: () => ({ forMs: 0, process: null }),
  });
  const server = await serveGitHub(github.connect('agent'));
  return { github, mac, url: server.url, [Symbol.asyncDispose]: () => server.close() };
}
