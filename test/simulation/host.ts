/**
 * One simulated host: a Mac that outlasts everything, a ledger that outlasts each life of the daemon, and the daemon
 * itself, which is the one that ships. A kill takes its promises, timers and calls; what they began goes on.
 */
import type { Logger } from 'pino';
import type { Config } from '../../src/config/schema.ts';
import { createGitHubs } from '../../src/daemon/githubs.ts';
import { type Service, startService } from '../../src/daemon/service.ts';
import { createGitHubOver } from '../../src/github/create-github.ts';
import { DEFAULT_TIMINGS } from '../../src/github/options.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { SimulatedGitHub } from './github/simulated-github.ts';
import { HostTime } from './host-time.ts';
import { countCalls } from './membrane.ts';
import type { Random } from './random.ts';
import { Mac } from './tart/mac.ts';
import type { MacOptions } from './tart/settings.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface HostOptions {
  readonly id: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly config: Config;
  readonly github: SimulatedGitHub;
  readonly makeLedger: () => Ledger;
  readonly mac: Omit<MacOptions, 'time' | 'random' | 'github'>;
  readonly log: Logger;
  /** Told of each call of the daemon before it begins. */
  readonly onCall: (call: CallOf) => { readonly when: 'before' | 'after'; readonly lateMs: number } | null;
  readonly on: (fact: HostFact) => void;
}

/** Counted over all lives: among all calls, and among those of its name. */
export interface CallOf {
  readonly name: string;
  readonly call: number;
  readonly nth: number;
}

export type HostFact =
  | { readonly what: 'daemon-started'; readonly life: number }
  | { readonly what: 'daemon-killed' | 'daemon-told-to-stop' | 'daemon-stopped'; readonly life: number };

/** From the daemon's word to its next life. */
const REBOOT_MS = 40_000;

interface Life {
  readonly service: Service;
  readonly stop: AbortController;
  readonly isAlive: () => boolean;
  readonly kill: () => void;
}

export class SimulatedHost {
  readonly #options: HostOptions;
  readonly time: HostTime;
  readonly mac: Mac;
  /** Secrets of this host: they may stand nowhere. */
  readonly secrets = new Set<string>();
  #ledger: Ledger;
  #isLedgerLost = false;
  #life: Life | null = null;
  #lives = 0;
  #calls = 0;
  readonly #callsOf = new Map<string, number>();
  #boots = 0;
  #suffixes = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.time = new HostTime(options.time);
    // The guests' runners have a network of their own life: the daemon's end is not theirs.
    const guests = options.github.connect(options.id);
    this.mac = new Mac({ ...options.mac, time: this.time, random: options.random.next, github: guests });
    this.#ledger = options.makeLedger();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  /** Null while the daemon is down. */
  get service(): Service | null {
    return this.#life?.service ?? null;
  }

  start(): void {
    if (this.#life) return;
    const { github, id, config, log, on } = this.#options;
    const connection = github.connect(id);
    const mac = this.mac.connect();
    const stop = new AbortController();
    let isAlive = true;
    const die = (): void => {
      isAlive = false;
      connection.die();
      mac.die();
    };
    const kill = (): void => {
      if (!isAlive) return;
      die();
      this.#life = null;
      on({ what: 'daemon-killed', life: this.#lives });
    };
    const crossing = <T>(name: string, begin: () => Promise<T>): Promise<T> => this.#cross(name, kill, begin);
    const time = this.time.whileAlive(() => isAlive);
    this.#lives += 1;
    on({ what: 'daemon-started', life: this.#lives });
    const service = startService({
      ...{
        config: () => config,
        hostId: id,
        ledger: this.#ledger,
        isLedgerLost: this.#isLedgerLost,
        isDraining: false,
      },
      hypervisor: countCalls(mac.hypervisor, crossing),
      guest: countCalls(mac.guest, crossing),
      github: createGitHubs(config.github, config.pools, (settings) =>
        createGitHubOver(
          countCalls(connection.rest, crossing),
          {
            ...{ time, http: (url, request) => crossing('http', () => connection.http(url, request)) },
            ...{
              random: this.#options.random.next,
              log: () => undefined,
              version: '0',
              timings: DEFAULT_TIMINGS,
            },
          },
          { url: settings.url, runnerGroup: settings.runnerGroup, hostId: id },
        ),
      ),
      ...{ time, boot: `boot-${this.#boots}`, log, signal: stop.signal },
      ...{ tartHome: '/', freeBytes: mac.freeBytes, newSuffix: () => this.#newSuffix() },
      reboot: async () => {
        this.reboot();
        this.#options.time.after(REBOOT_MS, () => this.start());
      },
      keepSecret: (secret) => {
        this.secrets.add(secret);
        // What was a secret once may stand nowhere for as long as the world lasts.
        return () => undefined;
      },
    });
    this.#isLedgerLost = false;
    // It may have been killed by one of its first calls.
    if (isAlive) this.#life = { service, stop, isAlive: () => isAlive, kill };
  }

  kill(): void {
    this.#life?.kill();
  }

  /** As launchd stops it: what it does at its end is not cut off, unless it takes too long. */
  terminate(): void {
    const life = this.#life;
    if (!life) return;
    const { on } = this.#options;
    on({ what: 'daemon-told-to-stop', life: this.#lives });
    life.stop.abort();
    void life.service.closed().then(() => {
      if (!life.isAlive()) return;
      on({ what: 'daemon-stopped', life: this.#lives });
      life.kill();
    });
  }

  /** The file is gone, or cannot be read: the next life begins without any memory. */
  loseLedger(): void {
    this.kill();
    this.#ledger = this.#options.makeLedger();
    this.#isLedgerLost = true;
  }

  reboot(): void {
    this.kill();
    this.mac.reboot();
    this.time.boot();
    this.#boots += 1;
  }

  #cross<T>(name: string, kill: () => void, begin: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    const nth = (this.#callsOf.get(name) ?? 0) + 1;
    this.#callsOf.set(name, nth);
    const end = this.#options.onCall({ name, call: this.#calls, nth });
    if (end?.when === 'before') kill();
    const answer = begin();
    if (end?.when === 'after' && end.lateMs === 0) kill();
    else if (end?.when === 'after') this.#options.time.after(end.lateMs, kill);
    return answer;
  }

  #newSuffix(): string {
    this.#suffixes += 1;
    return String(this.#suffixes).padStart(8, '0');
  }
}
