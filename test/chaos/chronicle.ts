/** All that chaos did and saw, as plain data with wall-clock times: what the judgement and the story are made of. */
import type { EventLine } from '../../src/daemon/report.ts';

/** One life of the daemon, from its process's start to its end. */
export interface Life {
  readonly version: string;
  readonly startedMs: number;
  endedMs: number | null;
  /** VMs of ours whose `tart run` lived when it ended. */
  living: readonly string[];
  /** How many jobs ran when it was killed; null when it was not. */
  jobsAtKill: number | null;
}

export interface Order {
  readonly jobId: string;
  readonly name: string;
  readonly expect: 'success' | 'failure' | 'cancelled';
  /** When it is to be cancelled, whatever state it is in by then. */
  readonly cancelAtMs: number | null;
}

export interface Chronicle {
  readonly lives: Life[];
  readonly orders: Order[];
  /** VMs that chaos killed. */
  readonly deaths: { readonly vm: string; readonly atMs: number }[];
  /** When GitHub saw a job start, and where. */
  readonly starts: { readonly jobId: string; readonly runner: string; readonly atMs: number }[];
  /** The daemons' audit streams, as far as they were read. */
  readonly events: EventLine[];
  /** What else was done, in words. */
  readonly deeds: { readonly atMs: number; readonly text: string }[];
  /** What must never be, in sentences. */
  readonly complaints: string[];
}

export function emptyChronicle(): Chronicle {
  return { lives: [], orders: [], deaths: [], starts: [], events: [], deeds: [], complaints: [] };
}

export function note(chronicle: Chronicle, text: string): void {
  chronicle.deeds.push({ atMs: Date.now(), text });
}
