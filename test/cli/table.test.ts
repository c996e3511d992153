import { expect, test } from 'vitest';
import { createPaint } from '../../src/cli/paint.ts';
import { table } from '../../src/cli/table.ts';
import { widthOf } from '../../src/cli/text.ts';

const look = { width: 40, paint: createPaint(false) };

test('columns stand under their titles, numbers to the right', () => {
  const columns = [{ title: 'NAME' }, { title: 'AGE', align: 'right' }] as const;
  expect(
    table(
      columns,
      [
        ['ios', '7 s'],
        ['linux-like', '12 min'],
      ],
      look,
    ),
  ).toEqual(['NAME           AGE', 'ios            7 s', 'linux-like  12 min']);
});

test('the widest column that may shrink gives way, the others stay whole', () => {
  const columns = [
    { title: 'ID' },
    { title: 'NAME', cut: 'end' },
    { title: 'WHERE', cut: 'middle' },
  ] as const;
  const [, row = ''] = table(columns, [['3f2a9c1e', 'a'.repeat(60), 'acme/app']], look);
  expect(row).toBe(`3f2a9c1e  ${'a'.repeat(19)}…  acme/app`);
  expect(widthOf(row)).toBe(40);
});

test('colour is added after cutting, so it takes no room and is never cut', () => {
  const columns = [{ title: 'NAME', cut: 'end' }] as const;
  const [, row = ''] = table(columns, [[{ text: 'x'.repeat(50), brush: 'bad' }]], {
    width: 20,
    paint: createPaint(true),
  });
  expect(row).toBe(`\u001B[31m${'x'.repeat(19)}…\u001B[39m`);
});

test('text of others cannot break the table', () => {
  expect(table([{ title: 'NAME' }], [['a\nb\u001B[1m']], look)[1]).toBe('a b');
});
