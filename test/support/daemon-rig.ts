/**
 * The daemon's parts on ports that a test plays by hand: a real ledger, a clock to set, and a hypervisor, guest and GitHub
 * that write down what they were asked and answer as told. What the real adapters do is tested in their own rooms.
 */
import { Writable } from 'node:stream';
import pino from 'pino';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type {
  Guest,
  GuestFollower,
  Hypervisor,
  PoolQueue,
  QueueListener,
  RunnerCredential,
} from '../../src/core/ports.ts';
import type { Context } from '../../src/daemon/context.ts';
import { Desk } from '../../src/daemon/desk.ts';
import type { GitHubs } from '../../src/daemon/githubs.ts';
import { Queues } from '../../src/daemon/queues.ts';
import { systemTime } from '../../src/lib/time.ts';
import { aConfigFile, aPoolEntry } from './config-rig.ts';
import { ledgerRig } from './ledger-rig.ts';

/** What a port was asked for, in order: `clone template mr-…`. */
type Script = Partial<Record<string, () => Promise<unknown>>>;

export async function daemonRig(pools: readonly Record<string, unknown>[] = [{ name: 'ios' }]) {
  const kept = await ledgerRig();
  const stopped = new AbortController();
  const asked: string[] = [];
  const script: Script = {};
  const lines: string[] = [];
  let suffixes = 0;
  const secrets: string[] = [];
  const followers = new Map<string, { follower: GuestFollower; end: () => void; from: number }>();
  const listeners = new Map<string, QueueListener>();
  const given: RunnerCredential[] = [];

  /** Writes the request down, then does what the test scripted for it, or answers `otherwise`. */
  async function ask<T>(what: string, otherwise: T): Promise<T> {
    asked.push(what);
    const scripted = script[what.split(' ')[0] ?? ''];
    return scripted ? Object(await scripted()).answer : otherwise;
  }

  const hypervisor: Hypervisor = {
    version: async () => '2.36.0',
    list: () => ask('list', []),
    hasImage: () => ask('has-image', true),
    clone: (image, name) => ask(`clone ${image} ${name}`, undefined),
    configure: (name) => ask(`configure ${name}`, undefined),
    start: (name) => ask(`start ${name}`, undefined),
    lastWords: async () => null,
    stop: (name) => ask(`stop ${name}`, undefined),
    delete: (name) => ask(`delete ${name}`, undefined),
    sweep: () => ask('sweep', []),
    leftovers: () => ask('leftovers', []),
    killLeftover: ({ pid }) => ask(`kill-leftover ${pid}`, true),
  };
  const guest: Guest = {
    follow: (vm, from, follower, signal) =>
      new Promise<void>((resolve) => {
        asked.push(`follow ${vm} ${from}`);
        followers.set(vm, { follower, from, end: resolve });
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    deliver: (vm, credential) => {
      given.push(credential);
      return ask(`deliver ${vm}`, undefined);
    },
    verdict: (vm, n, { allowed }) => ask(`verdict ${vm} ${n} ${allowed}`, undefined),
  };
  const queueOf = ({ name }: { readonly name: string }): PoolQueue => ({
    listen: async (listener) => void listeners.set(name, listener),
    capacityChanged: () => void asked.push(`capacity ${name}`),
    mint: (runner) => ask(`mint ${runner}`, { registrationId: 7, jitConfig: 'jit-secret-of-this-run' }),
    remove: (id) => ask<'removed' | 'gone' | 'busy'>(`remove ${id}`, 'removed'),
  });
  const github: GitHubs = {
    placeOf: () => ({ url: 'https://github.com/acme', key: '' }),
    whereSeen: () => 'https://github.com/acme',
    queue: queueOf,
    queueAt: (url) => (url === 'https://github.com/acme' ? queueOf({ name: '' }) : undefined),
    registrations: () => ask('registrations', []),
  };
  const config: Config = configSchema.parse(aConfigFile({ pools: pools.map((pool) => aPoolEntry(pool)) }));
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const queues = new Queues(github);
  const context: Context = {
    config: () => config,
    hostId: 'abc123',
    ledger: kept.ledger,
    desk: new Desk(),
    hypervisor,
    guest,
    queues,
    time: { ...systemTime, wallMs: () => kept.clock.nowMs },
    nowMs: () => kept.clock.nowMs,
    steadyMs: () => kept.clock.nowMs,
    reboot: null,
    freeBytes: () => 100 * 1024 ** 3,
    newSuffix: () => String(++suffixes).padStart(8, '0'),
    log: pino({ level: 'debug' }, sink),
    signal: stopped.signal,
    wake: () => undefined,
    turned: async () => undefined,
    readAgain: async () => undefined,
    keepSecret(secret) {
      secrets.push(secret);
      return () => void secrets.splice(secrets.indexOf(secret), 1);
    },
  };
  queues.follow(config.pools, context);
  return {
    ...kept,
    context,
    asked,
    script,
    lines,
    secrets,
    followers,
    listeners,
    given,
    stopped,
    [Symbol.dispose]() {
      stopped.abort();
      kept[Symbol.dispose]();
    },
  };
}
