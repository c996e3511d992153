/**
 * What the agent under test and the process of its world say to each other over the channel between a process and its
 * child: the agent calls its Mac, and is asked how it feels. GitHub is spoken to by HTTP, and has no word here.
 */
import * as z from 'zod';

const vm = z.string();

/** A call at one of the ports `Hypervisor` and `Guest`. */
const portCall = z.discriminatedUnion('method', [
  z.object({ method: z.enum(['version', 'list']) }),
  z.object({ method: z.literal('hasImage'), image: z.string() }),
  z.object({ method: z.literal('clone'), image: z.string(), vm }),
  z.object({
    method: z.literal('configure'),
    vm,
    size: z.object({ cpu: z.number(), memoryGiB: z.number() }),
  }),
  z.object({ method: z.enum(['start', 'lastWords', 'stop', 'delete']), vm }),
  z.object({ method: z.literal('sweep'), prefix: z.string(), busy: z.array(z.string()) }),
  z.object({ method: z.literal('leftovers'), prefix: z.string() }),
  z.object({ method: z.literal('killLeftover'), leftover: z.object({ pid: z.number(), vm }) }),
  z.object({ method: z.literal('follow'), vm, from: z.number() }),
  z.object({
    method: z.literal('deliver'),
    vm,
    credential: z.object({ jitConfig: z.string(), environment: z.record(z.string(), z.string()) }),
  }),
  z.object({
    method: z.literal('verdict'),
    vm,
    n: z.number(),
    verdict: z.object({ allowed: z.boolean(), why: z.string() }),
  }),
]);

export type PortCall = z.output<typeof portCall>;

const vitals = z.object({
  rssKiB: z.number(),
  /** With memory outside the heap that belongs to objects in it. */
  heapKiB: z.number(),
  fds: z.number(),
});

/** How the process of the agent is, after its garbage was collected. */
export type Vitals = z.output<typeof vitals>;

const id = z.number();

export const fromAgent = z.discriminatedUnion('say', [
  z.object({ say: z.literal('serving') }),
  z.object({ say: z.literal('call'), id, call: portCall }),
  z.object({ say: z.literal('abort'), id }),
  z.object({ say: z.literal('vitals'), vitals }),
]);

export type FromAgent = z.output<typeof fromAgent>;

export const toAgent = z.discriminatedUnion('say', [
  z.object({ say: z.literal('answer'), id, value: z.unknown() }),
  z.object({
    say: z.literal('failure'),
    id,
    code: z.string(),
    message: z.string(),
  }),
  /** Of a followed guest: it answers, it lives, or a line of its stream. */
  z.object({ say: z.literal('heard'), id, what: z.enum(['answer', 'life']) }),
  z.object({ say: z.literal('line'), id, line: z.string() }),
  z.object({ say: z.literal('measure') }),
  z.object({ say: z.literal('stop') }),
]);

export type ToAgent = z.output<typeof toAgent>;
