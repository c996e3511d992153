/** A ledger in a directory of its own, a clock to set, and valid runners, jobs and messages with one detail changed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../src/core/job.ts';
import type { QueueMessage } from '../../src/core/ports.ts';
import type { Runner } from '../../src/core/runner.ts';
import { openLedger } from '../../src/ledger/open.ts';

export async function ledgerRig() {
  const dir = mkdtempSync(join(tmpdir(), 'mr-ledger-'));
  const file = join(dir, 'ledger', 'ledger.db');
  const clock = { nowMs: 1_000_000 };
  const open = () => openLedger(file, { nowMs: () => clock.nowMs });
  const { ledger } = await open();
  return {
    dir,
    file,
    clock,
    ledger,
    open,
    [Symbol.dispose]() {
      ledger.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function aRunner(changes: Partial<Runner> = {}): Runner {
  return {
    name: 'mr-abc123-ios-00000001',
    pool: 'ios',
    slot: 0,
    phase: 'cloning',
    createdMs: 1_000,
    sinceMs: 1_000,
    registrationId: null,
    hadJob: false,
    jobEndedMs: null,
    why: null,
    ...changes,
  };
}

export function aJob(changes: Partial<Job> = {}): Job {
  return {
    id: '6f1c9a52-0000-4000-8000-000000000001',
    pool: 'ios',
    repository: 'acme/app',
    displayName: 'build',
    workflowRunId: 77,
    workflowRef: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
    event: 'push',
    queuedMs: 10,
    assignedMs: 20,
    startedMs: null,
    completedMs: null,
    runner: null,
    result: null,
    ...changes,
  };
}

export function aMessage(changes: Partial<QueueMessage> = {}): QueueMessage {
  return { messageId: 100_000_001, assigned: [], started: [], completed: [], assignedCount: 0, ...changes };
}
