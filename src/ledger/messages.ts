/**
 * Takes a queue message into the ledger, once. Numbers alone do not identify a message: they begin anew when a scale
 * set is made again, so the content's digest counts too. Acknowledging is left to the caller.
 */
import { createHash } from 'node:crypto';
import type { QueueMessage } from '../core/ports.ts';
import { createJobWriter } from './jobs.ts';
import type { Writes } from './writes.ts';

export interface MessageBook {
  /**
   * Records the message and its jobs in one transaction; false when it was recorded before. `atMs` is of the daemon's
   * clock.
   */
  recordMessage(pool: string, message: QueueMessage, atMs: number): boolean;
}

const RECORD = 'INSERT OR IGNORE INTO messages (pool, message_id, digest, at_ms) VALUES (?, ?, ?, ?)';

export function createMessageBook(writes: Writes): MessageBook {
  const record = writes.prepare(RECORD);
  const jobs = createJobWriter(writes);
  return {
    recordMessage: (pool, message, atMs) =>
      writes.transaction(() => {
        const isNew = Number(record.run(pool, message.messageId, digestOf(message), atMs).changes) > 0;
        if (!isNew) return false;
        for (const job of message.assigned) jobs.assigned({ ...job, pool }, atMs);
        for (const news of message.started) jobs.started(pool, news, atMs);
        for (const news of message.completed) jobs.completed(pool, news, atMs);
        return true;
      }),
  };
}

/** GitHub's count is left out: a message that is told again may carry a newer one. */
function digestOf({ assigned, started, completed }: QueueMessage): string {
  const content = JSON.stringify([assigned, started, completed]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}
