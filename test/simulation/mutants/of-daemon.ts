/** Rules of the deeds: intents, adoption, claims, teardown, readings. */
import type { Mutant } from './mutant.ts';

export const DAEMON_MUTANTS: readonly Mutant[] = [
  {
    name: 'adopts-nothing',
    file: 'daemon/recover.ts',
    find: 'const stops = interruptedClaims(context);',
    replace: `for (const { name } of ledger.runners()) ledger.markGone(name, context.steadyMs());
  const stops = interruptedClaims(context);`,
    breaks: ['I9', 'I10'],
  },
  {
    name: 'forgets-promised-verdicts',
    file: 'daemon/verdict.ts',
    find: "filter(({ what }) => what === 'verdict')",
    replace: "filter(({ what }) => what === 'none of them')",
    breaks: ['I9', 'liveness'],
  },
  {
    name: 'never-allows',
    file: 'daemon/verdict.ts',
    find: 'await retry(() => guest.verdict(name, n, ALLOWED, signal), {',
    replace: 'await retry(() => Promise.resolve(), {',
    breaks: ['I9'],
  },
  {
    name: 'takes-a-failed-list-for-empty',
    file: 'daemon/senses.ts',
    find: '(signal) => hypervisor.list(signal)',
    replace: '(signal) => hypervisor.list(signal).catch(() => [])',
    breaks: ['I5', 'I1'],
  },
  {
    name: 'stops-without-asking',
    file: 'daemon/stop.ts',
    find: "if (!runner || runner.phase === 'stopping' || FINAL.has(step.why)) return true;",
    replace: 'if (runner || FINAL.has(step.why)) return true;',
    breaks: ['I10'],
  },
  {
    name: 'tears-down-once',
    file: 'daemon/stop.ts',
    find: 'desk.rest(step.runner, steadyMs() + FAILED_REST_MS);',
    replace: 'desk.rest(step.runner, Infinity * FAILED_REST_MS);',
    breaks: ['liveness', 'I3'],
  },
  {
    name: 'takes-no-answer-for-a-refusal',
    file: 'daemon/claim.ts',
    find: "ledger.runner(name)?.registrationId !== null && hasCode(error, 'guest-unreachable', 'command-timed-out')",
    replace: "ledger.runner(name) === null && hasCode(error, 'guest-unreachable', 'command-timed-out')",
    breaks: ['I10', 'I9'],
  },
  {
    name: 'mints-twice',
    file: 'daemon/claim.ts',
    find: "else startFailed(context, step.runner, 'register-failed', error);",
    replace: 'else await claim(context, step);',
    breaks: ['I2', 'liveness'],
  },
  {
    name: 'delivers-twice',
    file: 'daemon/claim.ts',
    find: 'if (mayHaveArrived(context, step.runner, error)) leaveToDeadline(context, step.runner, error);',
    replace: 'if (mayHaveArrived(context, step.runner, error)) await claim(context, step);',
    breaks: ['I2', 'I3', 'I9'],
  },
  {
    name: 'misses-what-was-said-meanwhile',
    file: 'daemon/channels.ts',
    find: 'ledger.lastEventNumber(name) + 1',
    replace: 'ledger.lastEventNumber(name) + 2',
    breaks: ['I9', 'liveness'],
  },
  {
    name: 'reckons-by-the-time-of-day',
    file: 'daemon/service.ts',
    find: 'const clocks = { nowMs: time.wallMs, steadyMs: clock.nowMs };',
    replace: 'const clocks = { nowMs: time.wallMs, steadyMs: time.wallMs };',
    breaks: ['I10', 'liveness'],
  },
  {
    name: 'finds-no-runner-again',
    file: 'daemon/recover.ts',
    find: 'for (const runner of runners.filter(({ name }) => ledger.runner(name) === null)) {',
    replace: 'for (const runner of runners.slice(Infinity)) {',
    breaks: ['I9', 'I10'],
  },
];
