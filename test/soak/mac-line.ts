/**
 * The agent's ports `Hypervisor` and `Guest`, over the channel to the process where the simulated Mac is. It is there so
 * that nothing of a Mac counts as the agent's memory. What a call does is left to that Mac.
 */
import * as z from 'zod';
import { type ErrorCode, MacrunnerError } from '../../src/core/error.ts';
import type { Guest, GuestEvent, GuestFollower, Hypervisor } from '../../src/core/ports.ts';
import { readGuestLine } from '../../src/tart/guest-lines.ts';
import type { FromAgent, PortCall, ToAgent } from './protocol.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly follower: GuestFollower | null;
}

const vms = z.array(z.object({ name: z.string(), state: z.enum(['running', 'suspended', 'stopped']) }));
const leftovers = z.array(z.object({ pid: z.number(), vm: z.string() }));
const nothing = z.unknown().transform(() => undefined);

/** The codes of the ports' errors that the agent tells apart. */
const CODES: readonly ErrorCode[] = [
  ...(['vm-missing', 'vm-exists', 'vm-running', 'vm-not-running', 'vm-limit', 'vm-start-failed'] as const),
  ...(['vm-held', 'image-missing', 'disk-full', 'guest-unreachable', 'guest-refused'] as const),
  ...(['command-failed', 'command-timed-out'] as const),
];

export class MacLine {
  readonly #send: (message: FromAgent) => void;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  constructor(send: (message: FromAgent) => void) {
    this.#send = send;
  }

  /** What the other process said about a call. Late words of calls that were given up are nobody's. */
  hear(message: Extract<ToAgent, { id: number }>): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    const { follower } = pending;
    if (message.say === 'line') follower?.onEvent(eventOf(message.line));
    else if (message.say === 'heard' && message.what === 'answer') follower?.onAnswer();
    else if (message.say === 'heard') follower?.onLife();
    else {
      this.#pending.delete(message.id);
      if (message.say === 'answer') pending.resolve(message.value);
      else pending.reject(errorOf(message));
    }
  }

  hypervisor(): Hypervisor {
    const call = <T>(schema: z.ZodType<T>, asked: PortCall, signal: AbortSignal) =>
      this.#call(asked, signal).then((value) => schema.parse(value));
    return {
      version: (signal) => call(z.string(), { method: 'version' }, signal),
      list: (signal) => call(vms, { method: 'list' }, signal),
      hasImage: (image, signal) => call(z.boolean(), { method: 'hasImage', image }, signal),
      clone: (image, vm, signal) => call(nothing, { method: 'clone', image, vm }, signal),
      configure: (vm, size, signal) => call(nothing, { method: 'configure', vm, size }, signal),
      start: (vm, signal) => call(nothing, { method: 'start', vm }, signal),
      lastWords: (vm) =>
        call(z.string().nullable(), { method: 'lastWords', vm }, new AbortController().signal),
      stop: (vm, signal) => call(nothing, { method: 'stop', vm }, signal),
      delete: (vm, signal) => call(nothing, { method: 'delete', vm }, signal),
      sweep: (prefix, busy, signal) =>
        call(z.array(z.string()), { method: 'sweep', prefix, busy: [...busy] }, signal),
      leftovers: (prefix, signal) => call(leftovers, { method: 'leftovers', prefix }, signal),
      killLeftover: (leftover, signal) => call(z.boolean(), { method: 'killLeftover', leftover }, signal),
    };
  }

  guest(): Guest {
    const tell = async (call: PortCall, signal: AbortSignal) => {
      await this.#call(call, signal);
    };
    return {
      follow: async (vm, from, follower, signal) => {
        await this.#call({ method: 'follow', vm, from }, signal, follower);
      },
      deliver: (vm, credential, signal) =>
        tell({ method: 'deliver', vm, credential: { ...credential } }, signal),
      verdict: (vm, n, verdict, signal) => tell({ method: 'verdict', vm, n, verdict }, signal),
    };
  }

  #call(call: PortCall, signal: AbortSignal, follower: GuestFollower | null = null): Promise<unknown> {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.#calls += 1;
    const id = this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const onAbort = (): void => {
      this.#pending.delete(id);
      this.#send({ say: 'abort', id });
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#pending.set(id, { resolve, reject, follower });
    this.#send({ say: 'call', id, call });
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }
}

function eventOf(line: string): GuestEvent {
  const read = readGuestLine(line, false);
  if (read.kind !== 'event') throw new Error(`no event of a guest: ${line}`);
  return read.event;
}

function errorOf({ code, message }: { code: string; message: string }): Error {
  const known = CODES.find((each) => each === code);
  return known === undefined ? new Error(message) : new MacrunnerError(known, message);
}
