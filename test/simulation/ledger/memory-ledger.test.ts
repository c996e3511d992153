/** The ledger in memory against the product's own: whatever is done to both, both tell the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allThatIsTold, deeds } from '../../support/ledger-deeds.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createSqliteLedger } from './sqlite-ledger.ts';

test('after any deeds, whole or taken back, it tells what the ledger in SQLite tells', () => {
  const agrees = fc.property(deeds, (list) => {
    const [memory, sqlite] = [createMemoryLedger(), createSqliteLedger()];
    for (const { words, on } of list) expect(on(memory), words).toEqual(on(sqlite));
    expect(allThatIsTold(memory)).toEqual(allThatIsTold(sqlite));
    sqlite.close();
  });
  fc.assert(agrees, { numRuns: 400 });
});

test('what it once told is not changed by later deeds', () => {
  const stays = fc.property(deeds, deeds, (before, after) => {
    const memory = createMemoryLedger();
    for (const { on } of before) on(memory);
    const told = allThatIsTold(memory);
    const asTold = structuredClone(told);
    for (const { on } of after) on(memory);
    expect(told).toEqual(asTold);
  });
  fc.assert(stays, { numRuns: 200 });
});

test('what was given to it may be changed afterwards', () => {
  const ledger = createMemoryLedger();
  const detail = { list: [1] };
  ledger.note('r1', 1, 'seen', detail);
  detail.list.push(2);
  expect(ledger.timeline('r1')).toEqual([{ atMs: 1, what: 'seen', detail: { list: [1] } }]);
});
