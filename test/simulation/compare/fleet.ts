/** The fleet that is measured: real daemons on simulated Macs, one GitHub that is a little slow and loses a call at times. */
import pino from 'pino';
import { configSchema } from '../../../src/config/schema.ts';
import type { GitHubEvent } from '../github/events.ts';
import type { Call, Fault } from '../github/faults.ts';
import { createSimulatedGitHub, type SimulatedGitHub } from '../github/simulated-github.ts';
import { SimulatedHost } from '../host.ts';
import { createMemoryLedger } from '../ledger/memory-ledger.ts';
import { createRandom, type Random } from '../random.ts';
import type { JobPlan } from '../scenario.ts';
import { VirtualTime } from '../virtual-time.ts';
import { type Cell, poolsOf, SLOTS } from './load.ts';

export interface Fleet {
  readonly time: VirtualTime;
  readonly github: SimulatedGitHub;
  readonly hosts: readonly SimulatedHost[];
}

export interface FleetWatch {
  readonly onCall: (call: Call) => void;
  readonly onGitHub: (event: GitHubEvent) => void;
  readonly onFirstStep: (key: string) => void;
}

export const START_MS = 1_800_000_000_000;
const BOOT_MS = 15_000;

export function createFleet(cell: Cell, seed: number, jobs: readonly JobPlan[], watch: FleetWatch): Fleet {
  const time = new VirtualTime(START_MS);
  const chance = createRandom(seed, 'network');
  const plans = new Map<string, JobPlan>();
  const github = createSimulatedGitHub({
    time,
    random: createRandom(seed, 'github').next,
    settings: { backend: cell.backend, capacityZero: cell.capacityZero },
    fault(call) {
      watch.onCall(call);
      return faultOf(call, chance);
    },
    on: watch.onGitHub,
  });
  for (const plan of jobs)
    time.after(plan.atMs, () => plans.set(github.queueJob({ labels: [plan.pool] }), plan));
  const hosts = Array.from({ length: cell.hosts }, (_, index) => {
    const id = `host0${index}`;
    return new SimulatedHost({
      ...{ id, time, github, config: configOf(cell), random: createRandom(seed, id) },
      ...{ makeLedger: createMemoryLedger, log: pino({ level: 'silent' }) },
      ...{ on: () => undefined, onCall: () => null },
      mac: {
        ...{ images: ['template'], limit: SLOTS, guestOf: () => ({ bootMs: BOOT_MS }) },
        on: (fact) => fact.what === 'steps-begun' && watch.onFirstStep(fact.key),
        workOf: ({ key }) => ({ ms: plans.get(key)?.workMs ?? 0, result: 'succeeded' }),
      },
    });
  });
  return { time, github, hosts };
}

/** What closing may cost, at its worst: a close that is lost, or an open whose answer is, bars the next for a minute. */
function faultOf({ route }: Call, chance: Random): Fault {
  if (route === 'delete-session' && chance.chance(0.02)) return 'lost-request';
  if (route === 'create-session' && chance.chance(0.01)) return 'lost-reply';
  return { replyAfterMs: chance.int(60, 400) };
}

function configOf(cell: Cell) {
  return configSchema.parse({
    github: { url: 'https://github.com/acme', token: 'file:token' },
    host: { slots: SLOTS, diskFloorGiB: 80 },
    pools: poolsOf(cell).map((name) => ({
      ...{ name, max: SLOTS, warm: 0, labels: [name], defaultLabels: false, image: 'template' },
    })),
  });
}
