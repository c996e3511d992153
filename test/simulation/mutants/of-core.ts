/** Rules of the decision: `plan`, the capacity, the life of a runner. */
import type { Mutant } from './mutant.ts';

export const CORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'announces-nothing-when-full',
    file: 'core/capacity.ts',
    find: 'Math.max(1, open + ',
    replace: 'Math.max(0, open + ',
    breaks: ['liveness'],
  },
  {
    name: 'announces-slots-that-are-taken',
    file: 'core/capacity.ts',
    find: 'const free = isFit ? Math.max(0, countRoom(survey) + spare - creates.length - unserved.length) : 0;',
    replace: 'const free = isFit ? world.host.slots + spare : 0;',
    breaks: ['I8'],
  },
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
    name: 'believes-the-list-alone',
    file: 'core/plan/stop-overdue.ts',
    find: 'if (!mayHaveJob(runner)) return true;\n  // Two',
    replace: 'if (runner) return true;\n  // Two',
    breaks: ['I10'],
  },
  {
    name: 'leaves-orphans',
    file: 'core/plan/remove-orphans.ts',
    find: 'if (!vms || !registrations) return [];',
    replace: 'if (vms || !registrations) return [];',
    breaks: ['liveness'],
  },
  {
    name: 'takes-all-for-its-own',
    file: 'core/plan/remove-orphans.ts',
    find: 'name.startsWith(prefix) && !names.has(name) && !world.inFlight.has(name);',
    replace: '!names.has(name) && !world.inFlight.has(name);',
    breaks: ['I4'],
  },
  {
    name: 'never-evicts',
    file: 'core/plan/evict-warm.ts',
    find: 'if (!survey.vms || need.unserved === 0) return [];',
    replace: 'if (survey.vms || need.unserved === 0) return [];',
    breaks: ['liveness', 'I9'],
  },
  {
    name: 'trusts-the-count-alone',
    file: 'core/plan/weigh-pools.ts',
    find: 'Math.max(0, Math.max(demand.assigned, open.length) - demand.unconfirmed)',
    replace: 'Math.max(0, demand.assigned - demand.unconfirmed)',
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
    find: "isLate(runner, 'booting', world.limits.bootMs, world.nowMs)",
    replace: "isLate(runner, 'booting', 100 * world.limits.ageMs, world.nowMs)",
    breaks: ['I9', 'liveness'],
  },
];
