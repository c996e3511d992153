/** Starts the simulated GitHub on loopback, in this process. `main.ts` does the same as a program of its own. */
import { agentRoutes } from './agents.ts';
import { assign } from './assignment.ts';
import { bootstrapRoutes } from './bootstrap.ts';
import { brokerRoutes } from './broker.ts';
import { controlRoutes } from './control.ts';
import { type Fault, faultOrderSchema } from './faults.ts';
import { feedRoutes } from './feed.ts';
import { createApp } from './http.ts';
import { cancelJob, findJob } from './jobs.ts';
import { legacySessionRoutes } from './legacy-sessions.ts';
import { type Knobs, type Options, optionsSchema } from './options.ts';
import { type JobOrderInput, orderJob } from './orders.ts';
import { queueRoutes, sessionRoutes } from './queue.ts';
import { deliveryRoutes } from './rest-deliveries.ts';
import { runnerRoutes } from './rest-runners.ts';
import { runRoutes } from './rest-runs.ts';
import { resultsRoutes } from './results.ts';
import { runServiceRoutes } from './run-service.ts';
import { runnerTokenRoutes } from './runner-auth.ts';
import { scaleSetRoutes } from './scale-sets.ts';
import { createWorld, type RequestRecord, type World } from './state.ts';
import { viewJob, viewRunner, viewSet } from './views.ts';

export interface SimulatedGitHub {
  /** The configuration URL of clients: `http://127.0.0.1:PORT/acme`. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  /** Everything it remembers, for tests that look deeper than the views below. */
  readonly world: World;
  /** Every token, assertion, JIT configuration and private key that was ever issued or shown to it. */
  secrets(): string[];
  queueJob(order: JobOrderInput): ReturnType<typeof viewJob>;
  cancelJob(jobId: string): void;
  jobs(): ReturnType<typeof viewJob>[];
  runners(): ReturnType<typeof viewRunner>[];
  scaleSets(): ReturnType<typeof viewSet>[];
  requests(): readonly RequestRecord[];
  /** `times` left out: until cleared. */
  fault(route: string, fault: Fault, times?: number): void;
  clearFaults(): void;
  turn(knobs: Partial<Knobs>): void;
  /** Lets time pass at once. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function startGitHub(options: Options & { port?: number } = {}): Promise<SimulatedGitHub> {
  const { port = 0, ...rest } = options;
  const world = createWorld(optionsSchema.parse(rest));
  const app = createApp(world);
  for (const addRoutes of ROUTES) addRoutes(app, world);
  const address = await app.listen({ host: '127.0.0.1', port });
  // The framework takes a server that it was given for a plain one.
  world.origin = world.settings.tls ? address.replace(/^http:/, 'https:') : address;
  return {
    url: `${world.origin}/${world.settings.owners[0]}`,
    origin: world.origin,
    port: Number(new URL(world.origin).port),
    world,
    secrets: () => world.tokens.secrets(),
    queueJob: (order) => viewJob(orderJob(world, order)),
    cancelJob(jobId) {
      const job = findJob(world, jobId);
      if (!job) throw new Error(`no job ${jobId}`);
      cancelJob(world, job);
    },
    jobs: () => world.jobs.map(viewJob),
    runners: () => [...world.runners.values()].map((runner) => viewRunner(world, runner)),
    scaleSets: () => [...world.scaleSets.values()].map((set) => viewSet(world, set)),
    requests: () => world.requests,
    fault: (route, fault, times) => {
      world.faults.push(faultOrderSchema.parse({ route, fault, times: times ?? null }));
    },
    clearFaults: () => {
      world.faults = [];
    },
    turn: (knobs) => {
      Object.assign(world.settings, knobs);
      assign(world);
    },
    advance: (ms) => world.clock.advance(ms),
    async close() {
      world.clock.stop();
      await app.close();
    },
  };
}

const ROUTES = [
  bootstrapRoutes,
  scaleSetRoutes,
  agentRoutes,
  sessionRoutes,
  queueRoutes,
  runnerTokenRoutes,
  legacySessionRoutes,
  brokerRoutes,
  runServiceRoutes,
  resultsRoutes,
  feedRoutes,
  runnerRoutes,
  runRoutes,
  deliveryRoutes,
  controlRoutes,
];
