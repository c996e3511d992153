/** Valid reports of the control socket, each with one detail changed by the test. */
import type { JobReport, PoolReport, RunnerReport, StatusReport } from '../../src/daemon/report.ts';

export const NOW_MS = Date.UTC(2026, 10, 24, 12, 0, 0);

export function aStatus(change: Partial<StatusReport> = {}): StatusReport {
  return {
    v: 1,
    isFine: true,
    problems: [],
    notes: [],
    version: '0.1.0',
    pid: 4242,
    startedMs: NOW_MS - 3 * 3_600_000,
    nowMs: NOW_MS,
    host: { id: '7f3a2c', slots: 2, isDraining: false, unfit: null },
    github: { url: 'https://github.com/acme' },
    vms: { running: 1, foreign: 0 },
    pools: [aPoolReport()],
    runners: [aRunnerReport()],
    jobs: [aJobReport()],
    ...change,
  };
}

export function aPoolReport(change: Partial<PoolReport> = {}): PoolReport {
  return {
    name: 'xcode-26',
    url: null,
    labels: ['local-highperf'],
    max: 2,
    warm: 1,
    queue: 'listening',
    trouble: null,
    assigned: 1,
    announced: 2,
    resting: null,
    failures: 0,
    retryAtMs: 0,
    ...change,
  };
}

export function aRunnerReport(change: Partial<RunnerReport> = {}): RunnerReport {
  return {
    name: 'mr-7f3a2c-xcode-26-k3x9d2m1',
    pool: 'xcode-26',
    slot: 0,
    phase: 'busy',
    createdMs: NOW_MS - 200_000,
    sinceMs: NOW_MS - 180_000,
    why: null,
    jobId: '3f2a9c1e-0000-4000-8000-000000000001',
    ...change,
  };
}

export function aJobReport(change: Partial<JobReport> = {}): JobReport {
  return {
    id: '3f2a9c1e-0000-4000-8000-000000000001',
    pool: 'xcode-26',
    repository: 'acme/app',
    displayName: 'Build and test',
    state: 'running',
    assignedMs: NOW_MS - 190_000,
    startedMs: NOW_MS - 180_000,
    completedMs: null,
    runner: 'mr-7f3a2c-xcode-26-k3x9d2m1',
    result: null,
    cause: null,
    ...change,
  };
}

/** A job that waits for `cause`, 42 s long. */
export function aWaitingJob(change: Partial<JobReport> = {}): JobReport {
  return aJobReport({
    id: '9b7d4410-0000-4000-8000-000000000002',
    displayName: 'Lint',
    state: 'waiting',
    assignedMs: NOW_MS - 42_000,
    startedMs: null,
    runner: null,
    cause: 'slot-busy',
    ...change,
  });
}
