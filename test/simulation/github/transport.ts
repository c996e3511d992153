/**
 * The network between one life of a caller and the simulated services: what is lost, late, broken or doubled on the
 * way, and callers that hang up or die. What is asked and answered is the services' affair.
 */
import type { HttpAnswer } from '../../../src/github/options.ts';
import type { Answer, Waiting } from './answer.ts';
import type { Call, Fault } from './faults.ts';
import type { ServerTime } from './settings.ts';

/** Does the work of a call that arrived. */
type Work = () => Answer | Waiting;

interface Flight {
  readonly signal: AbortSignal;
  readonly work: Work;
  readonly isPoll: boolean;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (reason: unknown) => void;
  readonly onAbort: () => void;
  isOver: boolean;
  /** Of a poll that is held. */
  hangUp: (() => void) | null;
}

export class Line {
  readonly #time: ServerTime;
  readonly #faultOf: (call: Call) => Fault | null;
  readonly #flights = new Set<Flight>();
  #isDead = false;

  constructor(time: ServerTime, faultOf: (call: Call) => Fault | null) {
    this.#time = time;
    this.#faultOf = faultOf;
  }

  /** Rejects when the connection breaks, and with the signal's reason when that aborts. */
  send(call: Call, signal: AbortSignal, work: Work): Promise<HttpAnswer> {
    if (this.#isDead) return new Promise(() => undefined);
    if (signal.aborted) return Promise.reject(signal.reason);
    const fault = this.#faultOf(call);
    const isPoll = call.route === 'poll';
    if (fault !== null || isPoll) return this.#fly(signal, work, isPoll, fault);
    const answer = work();
    // Only polls are held: all else is answered at once.
    return typeof answer === 'function' ? Promise.reject(broken()) : Promise.resolve(onWire(answer));
  }

  /** The process is gone: its polls are let go, nothing is answered ever, and nothing sent after this arrives. */
  die(): void {
    this.#isDead = true;
    for (const flight of this.#flights) end(this.#flights, flight);
  }

  /** Held polls break off; `silently`: their callers notice nothing. */
  cut(how: 'broken' | 'silently'): void {
    for (const flight of this.#flights) {
      if (!flight.hangUp) continue;
      if (how === 'silently') {
        flight.hangUp();
        flight.hangUp = null;
      } else if (end(this.#flights, flight)) flight.reject(broken());
    }
  }

  #fly(signal: AbortSignal, work: Work, isPoll: boolean, fault: Fault | null): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (end(this.#flights, flight)) reject(signal.reason);
      };
      const flight: Flight = { signal, work, isPoll, resolve, reject, onAbort, isOver: false, hangUp: null };
      this.#flights.add(flight);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#meet(flight, fault);
    });
  }

  #meet(flight: Flight, fault: Fault | null): void {
    if (fault === null) this.#arrive(flight);
    else if (typeof fault === 'string') this.#meetNamed(flight, fault);
    else if (typeof fault === 'number') {
      this.#time.after(fault, () => {
        // A server sees that the caller of a poll is gone; of all else it does the work.
        if (!flight.isOver || !flight.isPoll) this.#arrive(flight);
      });
    } else if ('replyAfterMs' in fault) this.#arrive(flight, fault.replyAfterMs);
    else {
      if (fault.isDone === true) flight.work();
      this.#land(flight, onWire({ body: '', ...fault }, fault.headers));
    }
  }

  #meetNamed(flight: Flight, fault: Extract<Fault, string>): void {
    if (fault === 'lost-reply' || fault === 'reset-reply') flight.work();
    if (fault === 'duplicate') {
      if (!flight.isPoll) flight.work();
      this.#arrive(flight);
    } else if (fault.startsWith('reset') && end(this.#flights, flight)) flight.reject(broken());
  }

  #arrive(flight: Flight, replyAfterMs = 0): void {
    const reply = (answer: Answer) => {
      if (replyAfterMs === 0) this.#land(flight, onWire(answer));
      else this.#time.after(replyAfterMs, () => this.#land(flight, onWire(answer)));
    };
    const answer = flight.work();
    if (typeof answer !== 'function') reply(answer);
    else if (!flight.isOver) {
      flight.hangUp = answer((late) => {
        flight.hangUp = null;
        reply(late);
      });
    }
  }

  #land(flight: Flight, answer: HttpAnswer): void {
    if (end(this.#flights, flight)) flight.resolve(answer);
  }
}

/** False when it was over before. */
function end(flights: Set<Flight>, flight: Flight): boolean {
  if (flight.isOver) return false;
  flight.isOver = true;
  flights.delete(flight);
  flight.signal.removeEventListener('abort', flight.onAbort);
  flight.hangUp?.();
  return true;
}

const PLAIN: HttpAnswer['headers'] = { get: () => null };

function onWire({ status, body }: Answer, headers?: Readonly<Record<string, string>>): HttpAnswer {
  return {
    status,
    headers: headers ? { get: (name) => headers[name.toLowerCase()] ?? null } : PLAIN,
    text: () => Promise.resolve(body),
  };
}

/** As `fetch` says it. */
function broken(): Error {
  return new TypeError('fetch failed', { cause: new Error('the connection was reset') });
}
