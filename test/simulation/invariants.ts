/** The invariants by name, with what the design says of each: a broken one is told in the words that everybody knows. */

export const INVARIANTS = {
  I1: 'VMs running on a host never exceed its slots, foreign ones counted',
  I2: 'one VM has at most one registration, a registration at most one job',
  I3: 'a VM that ran a job never gets another and is gone within the teardown deadline',
  I4: 'nothing that is not ours is touched',
  I5: 'an unknown reading leads to no creation and no destruction',
  I6: 'no step of an untrusted job runs',
  I7: 'no secret leaves its channel',
  I8: 'announced capacity never exceeds what the host can run',
  I9: 'a job assigned in service runs, or is reported with one cause; none is lost silently',
  I10: 'after a crash anywhere the world converges: no orphan VM or runner, no running job harmed',
  liveness: 'when faults stop, every accepted job ends and the world is clean within a bounded time',
} as const;

export type Invariant = keyof typeof INVARIANTS;
