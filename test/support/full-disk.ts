/** A ledger whose disk is full when a test says so, as the daemon's parts are given it. */
import { withLateWrites } from '../../src/daemon/late-writes.ts';
import { createMemoryLedger } from '../simulation/ledger/memory-ledger.ts';

export function aFullDisk() {
  const disk = { isFull: false };
  return { disk, ...withLateWrites(createMemoryLedger(() => disk.isFull)) };
}
