/** Rules of the decision: `plan`, the capacity, the life of a runner. */
import type { Mutant } from './mutant.ts';

export const CORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'counts-own-vms-only',
    file: 'core/plan/survey.ts',
    find: 'return host.slots - runners.length - survey.foreignVms - survey.orphanVms - host.ghosts;',
    replace: 'return host.slots - runners.length - host.ghosts;',
    breaks: ['I1'],
  },
  {
    name: 'uses-a-slot-before-it-is-free',
    file: 'core/plan/create-runners.ts',
    find: 'const { host, runners } = survey.world;',
    replace: `const host = survey.world.host;
  const runners = survey.world.runners.filter(({ phase }) => phase !== 'stopping');
  survey = { ...survey, world: { ...survey.world, runners } };`,
    breaks: ['I1'],
  },
  {
    name: 'leaves-orphans',
    file: 'core/plan/remove-orphans.ts',
    find: 'if (!vms || !registrations) return [];',
    replace: 'if (vms || !registrations) return [];',
    breaks: ['liveness'],
  },
  {
    name: 'never-evicts',
    file: 'core/plan/evict-warm.ts',
    find: 'if (!survey.vms || need.unserved === 0) return [];',
    replace: 'if (survey.vms || need.unserved === 0) return [];',
    breaks: ['liveness', 'I9'],
  },
  {
    name: 'reuses-a-vm',
    file: 'core/lifecycle.ts',
    find: "return { ...runner, phase: 'stopping', sinceMs: nowMs, why: runner.hadJob ? 'job-done' : 'no-job' };",
    replace:
      "return { ...runner, phase: 'warm', sinceMs: nowMs, hadJob: false, registrationId: null, jobEndedMs: null };",
    breaks: ['I3'],
  },
  {
    name: 'tries-again-at-once',
    file: 'core/backoff.ts',
    find: 'if (failures === 0) return 0;',
    replace: 'if (failures >= 0) return 0;',
    breaks: ['liveness'],
  },
  {
    name: 'waits-for-a-boot-for-ever',
    file: 'core/plan/stop-overdue.ts',
    find: "lateFromMs(runner, 'booting', world.limits.bootMs)",
    replace: "lateFromMs(runner, 'booting', 100 * world.limits.ageMs)",
    breaks: ['I9', 'liveness'],
  },
  {
    name: 'believes-the-list-alone',
    file: 'core/plan/stop-overdue.ts',
    find: 'START_GRACE_MS, heardUntilMs(runner, survey.world));\n  if (!mayHaveJob(runner)) return unheardMs;',
    replace: 'START_GRACE_MS);\n  if (!mayHaveJob(runner) || survey) return unheardMs;',
    breaks: ['I10', 'I9'],
  },
  {
    name: 'announces-nothing-when-full',
    file: 'core/capacity.ts',
    find: 'open + offers.filter((one) => one === pool).length) + stranded',
    replace: '0) * 0 + open + offers.filter((one) => one === pool).length + stranded',
    breaks: ['liveness', 'I9'],
  },
  {
    name: 'announces-slots-that-are-taken',
    file: 'core/capacity.ts',
    find: 'Math.max(0, countRoom(survey) + spare - creates.length - unserved.length)',
    replace: 'world.host.slots + spare',
    breaks: ['I8'],
  },
  {
    name: 'takes-all-for-its-own',
    file: 'core/names.ts',
    find: `  return \`mr-\${hostId}-\`;`,
    replace: "  return '';",
    breaks: ['I4'],
  },
  {
    name: 'believes-one-completion',
    file: 'core/plan/stop-overdue.ts',
    find: "{ why: 'outlived-job', fromMs: outlivedFromMs }",
    replace: "{ why: 'job-done', fromMs: (runner) => holdsIf(runner.toldDoneMs !== null) }",
    breaks: ['I10', 'I9'],
  },
];
