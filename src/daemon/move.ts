/** Moves a runner by one event: ledger, timeline, audit stream and log in one place, so that none is forgotten. */
import { advance } from '../core/lifecycle.ts';
import type { Runner, RunnerEvent } from '../core/runner.ts';
import type { Context } from './context.ts';
import { judge } from './outcome.ts';

type Tools = Pick<Context, 'ledger' | 'desk' | 'nowMs' | 'steadyMs' | 'log'>;

/** Applies `event` to the runner of that name; late news and unknown runners change nothing. Returns the runner after it. */
export function move(tools: Tools, name: string, event: RunnerEvent): Runner | null {
  const { ledger, nowMs, steadyMs, log } = tools;
  const before = ledger.runner(name);
  if (!before || before.goneMs !== null) return null;
  const atMs = nowMs();
  const after = advance(before, event, steadyMs());
  if (after === before) return before;
  const detail = describe(after, event);
  ledger.transaction(() => {
    ledger.saveRunner(after);
    ledger.note(name, atMs, event.type, detail);
    if (after.phase !== before.phase)
      ledger.audit(atMs, `runner-${after.phase}`, name, { pool: after.pool, ...detail });
  });
  if (after.phase !== before.phase) {
    const facts = {
      runner: name,
      pool: after.pool,
      from: before.phase,
      to: after.phase,
      tookMs: Math.round(steadyMs() - before.sinceMs),
    };
    log.info({ ...facts, ...detail }, 'runner moved');
  }
  if (after.phase === 'stopping') tools.desk.rouse(name);
  judge(tools, before, after);
  return after;
}

function describe(after: Runner, event: RunnerEvent): Record<string, unknown> {
  switch (event.type) {
    case 'stop':
      return { why: event.why };
    case 'exited':
      return { code: event.code, ...(after.why ? { why: after.why } : {}) };
    case 'minted':
      return { registrationId: event.registrationId };
    case 'cloned':
    case 'answered':
    case 'claimed':
    case 'online':
    case 'job-started':
    case 'job-completed':
    case 'told-done':
      return {};
  }
}
