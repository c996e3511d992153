/** Starts the agent under test in a process of its own, asks it how it is, and ends it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Life } from '../simulation/tart/mac.ts';
import { MacService } from './mac-service.ts';
import { fromAgent, type ToAgent, type Vitals } from './protocol.ts';

const PROGRAM = join(import.meta.dirname, 'agent.ts');
/** In MiB. The place for young objects grows and shrinks with the pace of the work, by more than any leak would. */
const STEADY_YOUNG = ['--min-semi-space-size=4', '--max-semi-space-size=4'];
/** It has a few calls to make and files to close. */
const ENDING_MS = 20_000;

export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #mac: MacService;
  #isServing = false;
  #asked: ((vitals: Vitals) => void)[] = [];

  constructor(options: { readonly home: string; readonly url: string; readonly mac: Life }) {
    const { home, url, mac } = options;
    this.#child = fork(PROGRAM, ['--home', home, '--url', url], {
      execArgv: ['--expose-gc', ...STEADY_YOUNG, '--disable-warning=ExperimentalWarning'],
    });
    this.#mac = new MacService(mac, (message) => this.#send(message));
    this.#child.on('message', (message) => this.#hear(message));
  }

  /** It serves, and has not ended. */
  get isServing(): boolean {
    return this.#isServing && this.isAlive;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How it is, after its garbage was collected; null when it does not say so any more. */
  async measure(signal: AbortSignal): Promise<Vitals | null> {
    const { promise, resolve } = Promise.withResolvers<Vitals | null>();
    const onEnd = (): void => resolve(null);
    this.#asked.push(resolve);
    this.#child.once('exit', onEnd);
    signal.addEventListener('abort', onEnd, { once: true });
    this.#send({ say: 'measure' });
    const vitals = await promise;
    this.#child.off('exit', onEnd);
    signal.removeEventListener('abort', onEnd);
    return vitals;
  }

  /** Resolves with whether it ended by itself, and well. */
  async stop(): Promise<boolean> {
    if (this.isAlive) {
      const ended = once(this.#child, 'exit');
      const late = setTimeout(() => this.#child.kill('SIGKILL'), ENDING_MS);
      this.#send({ say: 'stop' });
      await ended;
      clearTimeout(late);
    }
    return this.#child.exitCode === 0;
  }

  #send(message: ToAgent): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #hear(raw: unknown): void {
    const message = fromAgent.parse(raw);
    if (message.say === 'serving') this.#isServing = true;
    else if (message.say === 'vitals') this.#asked.shift()?.(message.vitals);
    else this.#mac.hear(message);
  }
}
