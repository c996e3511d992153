import { expect, test } from 'vitest';
import { nearest } from '../../src/lib/nearest.ts';

test.each([
  ['slotz', 'slots'],
  ['SLOTS', 'slots'],
  ['solts', 'slots'],
  ['vmuser', 'vmUser'],
  ['diskFloorGB', 'diskFloorGiB'],
  ['entirely', null],
  ['', null],
])('%s probably means %s', (word, meant) => {
  expect(nearest(word, ['slots', 'vmUser', 'diskFloorGiB', 'tart'])).toBe(meant);
});
