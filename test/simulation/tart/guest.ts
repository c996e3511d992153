/**
 * The inside of a running VM: when its agent answers, its event log, its one credential, its gate, its watchdog. GitHub's
 * runner in it is `runner.ts`; how the host reaches it is `guest-port.ts`. Nothing of it outlives its VM.
 */
import type { RunnerCredential } from '../../../src/core/ports.ts';
import { Attachment, type AttachmentOptions } from './attachment.ts';
import type { Clockwork } from './clockwork.ts';
import { EventLog } from './event-log.ts';
import type { EndCause } from './facts.ts';
import { Gate } from './gate.ts';
import type { Mac } from './mac.ts';
import { Runner } from './runner.ts';
import type { GuestScript } from './settings.ts';
import { Watchdog } from './watchdog.ts';

export interface GuestOptions {
  readonly mac: Mac;
  readonly vm: string;
  readonly script: GuestScript;
  /** When the agent first answers; Infinity: never. */
  readonly bootedMs: number;
  readonly powerOff: (why: EndCause) => void;
}

/** tart's own wait for an agent that was never there. */
const AGENT_WAIT_MS = 30_000;

export class Guest {
  readonly options: GuestOptions;
  readonly clock: Clockwork;
  readonly log: EventLog;
  readonly gate: Gate;
  readonly watchdog: Watchdog;
  readonly #attachments = new Set<Attachment>();
  readonly #waiting = new Set<() => void>();
  readonly #mourners = new Set<() => void>();
  #silentUntilMs = 0;
  #hasCredential = false;
  #runner: Runner | null = null;
  #isDead = false;

  constructor(options: GuestOptions) {
    const { mac, vm, powerOff } = options;
    this.options = options;
    this.clock = mac.clock.another();
    this.log = new EventLog((event) => mac.say({ what: 'guest-event', vm, event }));
    this.gate = new Gate(this.clock, this.log);
    this.watchdog = new Watchdog(this.clock, () => powerOff('watchdog'));
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isSilent(): boolean {
    return this.#silentUntilMs > this.clock.nowMs;
  }

  /** The framework let it run. */
  boot(): void {
    const { bootedMs, script, powerOff } = this.options;
    if (bootedMs === Infinity) return;
    this.clock.after(bootedMs - this.clock.nowMs, () => {
      this.watchdog.start();
      if (script.powerOffMs !== null) this.clock.after(script.powerOffMs, () => powerOff('power-off'));
    });
  }

  die(): void {
    this.#isDead = true;
    this.clock.end();
    this.#runner?.die();
    for (const look of this.#waiting) look();
    for (const died of this.#mourners) died();
    for (const attachment of this.#attachments) attachment.end();
  }

  silence(forMs: number, cuts: boolean): void {
    this.#silentUntilMs = Math.max(this.#silentUntilMs, this.clock.nowMs + forMs);
    for (const attachment of this.#attachments) {
      if (cuts) attachment.end();
      else attachment.doubt();
    }
  }

  /** Waits for the agent: as long as tart does for one that was never there, else `limitMs`. */
  whenAnswering(limitMs: number, then: (answers: boolean) => void): () => void {
    const startMs = this.clock.nowMs;
    const endMs = startMs + (this.options.bootedMs > startMs ? AGENT_WAIT_MS : limitMs);
    const settle = (answers: boolean) => {
      if (this.#waiting.delete(look)) then(answers);
    };
    const look = (): void => {
      const { nowMs } = this.clock;
      const readyMs = Math.max(this.options.bootedMs, this.#silentUntilMs);
      if (this.#isDead || (nowMs >= endMs && readyMs > nowMs)) settle(false);
      else if (readyMs <= nowMs) settle(true);
      else this.clock.after(Math.min(readyMs, endMs) - nowMs, look);
    };
    this.#waiting.add(look);
    // Not at once: whoever waits must know how to stop waiting first.
    this.clock.after(0, look);
    return () => this.#waiting.delete(look);
  }

  /** Returns how to stop waiting for it. */
  onDeath(died: () => void): () => void {
    this.#mourners.add(died);
    return () => this.#mourners.delete(died);
  }

  /** Begins an event stream. It ends by itself, or when it is ended. */
  attach(options: Pick<AttachmentOptions, 'from' | 'follower' | 'onEnd'>): Attachment {
    const attachment: Attachment = new Attachment({
      ...options,
      guest: this,
      onEnd: (error, hasAnswered) => {
        this.#attachments.delete(attachment);
        options.onEnd(error, hasAnswered);
      },
    });
    this.#attachments.add(attachment);
    return attachment;
  }

  /** The bootstrap: takes the one credential of this VM's life, or returns why not. */
  takeCredential({ jitConfig }: RunnerCredential): string | null {
    const { mac, vm } = this.options;
    if (this.#hasCredential) {
      mac.say({ what: 'credential-refused', vm });
      return 'a credential was given before';
    }
    this.#hasCredential = true;
    mac.say({ what: 'credential-delivered', vm, jitConfig });
    this.#runner = new Runner(this, jitConfig);
    return null;
  }

  verdict(n: number, allowed: boolean): string | null {
    const refusal = this.gate.store(n, allowed);
    const { mac, vm } = this.options;
    if (refusal === null) mac.say({ what: 'verdict-given', vm, n, allowed });
    return refusal;
  }
}
