/** The parent's end of the agent's ports: does on the simulated Mac what the agent asks for, and says what came of it. */
import { MacrunnerError } from '../../src/core/error.ts';
import type { GuestFollower } from '../../src/core/ports.ts';
import type { Life } from '../simulation/tart/mac.ts';
import type { FromAgent, PortCall, ToAgent } from './protocol.ts';

export class MacService {
  readonly #life: Life;
  readonly #send: (message: ToAgent) => void;
  readonly #open = new Map<number, AbortController>();

  constructor(life: Life, send: (message: ToAgent) => void) {
    this.#life = life;
    this.#send = send;
  }

  hear(message: Extract<FromAgent, { id: number }>): void {
    if (message.say === 'abort') this.#open.get(message.id)?.abort();
    else this.#begin(message.id, message.call);
  }

  #begin(id: number, call: PortCall): void {
    const stop = new AbortController();
    this.#open.set(id, stop);
    perform(this.#life, call, this.#followerOf(id), stop.signal)
      .then(
        (value) => this.#send({ say: 'answer', id, value: value ?? null }),
        (error: unknown) => {
          if (stop.signal.aborted) return;
          const code = error instanceof MacrunnerError ? error.code : '';
          this.#send({ say: 'failure', id, code, message: String(error) });
        },
      )
      .finally(() => this.#open.delete(id));
  }

  #followerOf(id: number): GuestFollower {
    return {
      onAnswer: () => this.#send({ say: 'heard', id, what: 'answer' }),
      onLife: () => this.#send({ say: 'heard', id, what: 'life' }),
      onEvent: (event) => this.#send({ say: 'line', id, line: JSON.stringify(event) }),
    };
  }
}

function perform(
  { hypervisor, guest }: Life,
  call: PortCall,
  follower: GuestFollower,
  signal: AbortSignal,
): Promise<unknown> {
  switch (call.method) {
    case 'version':
    case 'list':
      return hypervisor[call.method](signal);
    case 'hasImage':
      return hypervisor.hasImage(call.image, signal);
    case 'clone':
      return hypervisor.clone(call.image, call.vm, signal);
    case 'configure':
      return hypervisor.configure(call.vm, call.size, signal);
    case 'lastWords':
      return hypervisor.lastWords(call.vm);
    case 'start':
    case 'stop':
    case 'delete':
      return hypervisor[call.method](call.vm, signal);
    case 'sweep':
      return hypervisor.sweep(call.prefix, new Set(call.busy), signal);
    case 'leftovers':
      return hypervisor.leftovers(call.prefix, signal);
    case 'killLeftover':
      return hypervisor.killLeftover(call.leftover, signal);
    case 'follow':
      return guest.follow(call.vm, call.from, follower, signal);
    case 'deliver':
      return guest.deliver(call.vm, call.credential, signal);
    case 'verdict':
      return guest.verdict(call.vm, call.n, call.verdict, signal);
  }
}
