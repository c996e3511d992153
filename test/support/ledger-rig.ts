/**
 * A ledger in a directory of its own or in memory, a clock to set, and valid runners, jobs and messages with one detail
 * changed. What both kinds of ledger promise is tested on both, by way of `LEDGERS`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../src/core/job.ts';
import type { QueueMessage } from '../../src/core/ports.ts';
import type { Runner } from '../../src/core/runner.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { createMemoryLedger } from '../simulation/ledger/memory-ledger.ts';

/** What the contract's tests need: `again` is the ledger as the next life of the daemon finds it. */
export interface LedgerRig extends Disposable {
  readonly ledger: Ledger;
  readonly clock: { nowMs: number };
  again(): Promise<Ledger>;
}

export const LEDGERS: readonly (readonly [string, () => Promise<LedgerRig>])[] = [
  ['in a file', ledgerRig],
  ['in memory', memoryLedgerRig],
];

export async function ledgerRig() {
  const dir = mkdtempSync(join(tmpdir(), 'mr-ledger-'));
  const file = join(dir, 'ledger', 'ledger.db');
  const clock = { nowMs: 1_000_000 };
  const open = () => openLedger(file, { nowMs: () => clock.nowMs });
  let { ledger } = await open();
  return {
    dir,
    file,
    clock,
    ledger,
    open,
    async again() {
      ledger.close();
      ({ ledger } = await open());
      return ledger;
    },
    [Symbol.dispose]() {
      ledger.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function memoryLedgerRig(): Promise<LedgerRig> {
  const clock = { nowMs: 1_000_000 };
  const ledger = createMemoryLedger();
  return {
    ledger,
    clock,
    async again() {
      ledger.close();
      return ledger;
    },
    [Symbol.dispose]: ledger.close,
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
    toldDoneMs: null,
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
