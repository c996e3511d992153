/** Reads the lines of a guest's event stream. Whatever a guest says is a claim: known fields only, each capped. */
import * as z from 'zod';
import type { GuestEvent } from '../core/ports.ts';

const claim = z.string().transform((text) => text.slice(0, 512));
const n = z.int().min(1).max(1_000_000);

const guestEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), n }),
  z.object({ type: z.literal('credential-taken'), n }),
  z.object({ type: z.literal('online'), n }),
  z.object({
    type: z.literal('job-started'),
    n,
    facts: z.object({
      repository: claim,
      runId: claim,
      runAttempt: claim,
      job: claim,
      workflow: claim,
      event: claim,
      ref: claim,
      sha: claim,
      actor: claim,
    }),
  }),
  z.object({ type: z.literal('verdict'), n, allowed: z.boolean() }),
  z.object({ type: z.literal('job-completed'), n }),
  z.object({ type: z.literal('exited'), n, code: z.int() }),
]);

const KNOWN = new Set([
  'hello',
  'credential-taken',
  'online',
  'job-started',
  'verdict',
  'job-completed',
  'exited',
]);
const anyLine = z.object({ type: z.string(), n: n.optional() });

/** A line: an event, a sign of life, or nonsense; the last two may still carry a number, which counts as used. */
export type GuestLine =
  | { readonly kind: 'event'; readonly n: number; readonly event: GuestEvent }
  | { readonly kind: 'life'; readonly n: number | undefined }
  | { readonly kind: 'malformed'; readonly n: number | undefined };

export function readGuestLine(line: string, wasCut: boolean): GuestLine {
  // The guest writes the number first, so even a line that is too long gives it away.
  const malformed = { kind: 'malformed', n: numberAtStart(line) } as const;
  if (wasCut) return malformed;
  const parsed = readJson(line);
  const loose = anyLine.safeParse(parsed);
  if (!loose.success) return malformed;
  if (!KNOWN.has(loose.data.type)) return { kind: 'life', n: loose.data.n };
  const event = guestEvent.safeParse(parsed);
  if (!event.success) return { kind: 'malformed', n: loose.data.n };
  return { kind: 'event', n: event.data.n, event: event.data };
}

function numberAtStart(line: string): number | undefined {
  const digits = /^\{"n":(\d{1,7})[,}]/.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // Said by its kind, and counted.
  }
}
