/** What may be asked of `npm run simulate`. */
import { expect, test } from 'vitest';
import { readOrder } from './flags.ts';

test('without flags, a thousand worlds', () => {
  const order = { do: 'sweep', from: 1, seeds: 1_000, withMutants: false, isJson: false, ledger: 'memory' };
  expect(readOrder([])).toEqual(order);
  expect(readOrder(['--seeds', '9', '--from', '4', '--json', '--mutants', '--ledger', 'sqlite'])).toEqual({
    ...{ ...order, from: 4, seeds: 9, withMutants: true, isJson: true, ledger: 'sqlite' },
  });
});

test('one world, by its seed or from a file', () => {
  expect(readOrder(['--seed', '7'])).toMatchObject({ do: 'tell', of: { seed: 7 } });
  expect(readOrder(['--scenario', 'short.json'])).toMatchObject({ do: 'tell', of: { file: 'short.json' } });
});

test('what cannot be is said', () => {
  for (const args of [
    ['--sedes', '7'],
    ['--seeds', '0'],
    ['--seeds', '1.5'],
    ['--seed', '-1'],
    ['--ledger', 'paper'],
    ['--seed', '1', '--scenario', 'short.json'],
    ['7'],
  ])
    expect(readOrder(args)).toMatchObject({ do: 'complain' });
});
