/**
 * Webhook deliveries to one target on loopback: signed, one after the other, never retried. Levers lose, fail, double or
 * reorder those that follow. What is sent is `hook-payload.ts`'s; lists and redelivery are `rest-deliveries.ts`'s.
 */
import { randomUUID } from 'node:crypto';
import { describeHook, signPayload } from './hook-payload.ts';
import { createSamples, numberOf } from './samples.ts';
import type { Job, World } from './state.ts';

export const HOOK_ID = 1;
/** How long deliveries can be listed and sent again on github.com. */
const KEPT_MS = 3 * 86_400_000;
const UNREACHABLE = { status: 'failed to connect', statusCode: 502, response: null };

/**
 * `lose`: GitHub never makes the delivery. `drop`: it is made and fails before the target sees it. `duplicate`: it is
 * made twice under one GUID. `reorder`: it comes after the one that follows it.
 */
type Mishap = 'lose' | 'drop' | 'duplicate' | 'reorder';

interface Outcome {
  readonly status: string;
  readonly statusCode: number;
  readonly response: { readonly headers: Record<string, string>; readonly payload: string } | null;
}

/** What is sent, each time with the same bytes. */
interface Hook {
  readonly guid: string;
  readonly action: string;
  readonly repository: string;
  readonly payload: string;
}

export interface Delivery extends Hook, Outcome {
  readonly id: number;
  readonly redelivery: boolean;
  readonly atMs: number;
  readonly tookMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Webhooks {
  /** Tells the target of the job's state; nothing happens without a target. */
  announce(job: Job): void;
  /** The deliveries of the last days, newest first. */
  deliveries(): readonly Delivery[];
  redeliver(delivery: Delivery): void;
  /** For the deliveries to come, in this order; `action` limits it to those. */
  plan(mishap: Mishap, action: string | null): void;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  /** Breaks off what is on its way. */
  close(): Promise<void>;
}

export function createWebhooks(world: World): Webhooks {
  const target = world.settings.webhooks;
  if (target) world.tokens.addSecret(target.secret);
  const context = { world, samples: createSamples() };
  const closing = new AbortController();
  const plans: { readonly mishap: Mishap; readonly action: string | null }[] = [];
  let made: Delivery[] = [];
  let nextId = 12_000_000_001;
  let tail = Promise.resolve();
  let held: Hook[] = [];

  async function deliver(hook: Hook, redelivery: boolean, isDropped: boolean): Promise<void> {
    if (!target || closing.signal.aborted) return;
    const startedMs = performance.now();
    const [id, atMs, headers] = [nextId++, world.clock.now(), headersOf(world, hook, target.secret)];
    const outcome = isDropped ? UNREACHABLE : await post(target, hook, headers, closing.signal);
    const tookMs = performance.now() - startedMs;
    made = [{ ...hook, ...outcome, id, redelivery, atMs, tookMs, headers }, ...made];
  }

  const send = (hook: Hook, { redelivery = false, isDropped = false } = {}) => {
    tail = tail.then(() => deliver(hook, redelivery, isDropped));
  };

  function takePlan(action: string): Mishap | null {
    const at = plans.findIndex((plan) => plan.action === null || plan.action === action);
    return at < 0 ? null : (plans.splice(at, 1)[0]?.mishap ?? null);
  }

  return {
    announce(job) {
      if (!target || job.run.awaitsApproval) return;
      const body = describeHook(context, job);
      const { action } = body;
      const { repository } = job.run;
      const hook: Hook = { guid: randomUUID(), action, repository, payload: JSON.stringify(body) };
      const mishap = takePlan(action);
      if (mishap === 'lose') return;
      if (mishap === 'reorder') {
        held.push(hook);
        return;
      }
      send(hook, { isDropped: mishap === 'drop' });
      if (mishap === 'duplicate') send(hook);
      for (const late of held) send(late);
      held = [];
    },
    deliveries: () => made.filter((each) => world.clock.now() - each.atMs < KEPT_MS),
    redeliver: (delivery) => {
      const { guid, action, repository, payload } = delivery;
      send({ guid, action, repository, payload }, { redelivery: true });
    },
    plan: (mishap, action) => {
      plans.push({ mishap, action });
    },
    settled: () => tail,
    close() {
      closing.abort();
      return tail;
    },
  };
}

function headersOf(world: World, hook: Hook, secret: string): Record<string, string> {
  const { app, owners } = world.settings;
  const [kind, id] = app ? ['integration', 1] : ['organization', numberOf(owners[0] ?? '')];
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/51a1f0e',
    'x-github-delivery': hook.guid,
    'x-github-event': 'workflow_job',
    'x-github-hook-id': String(HOOK_ID),
    'x-github-hook-installation-target-id': String(id),
    'x-github-hook-installation-target-type': String(kind),
    'x-hub-signature-256': signPayload(secret, hook.payload),
  };
}

interface Target {
  readonly url: string;
  readonly timeoutMs: number;
}

async function post(
  target: Target,
  { payload }: Hook,
  headers: Record<string, string>,
  closing: AbortSignal,
): Promise<Outcome> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(target.timeoutMs)]);
  try {
    const answer = await fetch(target.url, {
      ...{ method: 'POST', headers, body: payload, redirect: 'manual' as const, signal },
    });
    const response = { headers: Object.fromEntries(answer.headers), payload: await answer.text() };
    const status = answer.ok ? 'OK' : answer.statusText || `Invalid HTTP Response: ${answer.status}`;
    return { status, statusCode: answer.status, response };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return isLate ? { status: 'timed out', statusCode: 504, response: null } : UNREACHABLE;
  }
}
