/** The rooms of `src/` and who may import whom, as `docs/design.md` draws them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const ADAPTER = ['core', 'lib'];

/** Every room, with the rooms it may import. A room that is not here may not exist. */
const ARROWS: Record<string, readonly string[]> = {
  core: [],
  lib: ['core/error.ts'],
  config: ADAPTER,
  github: ADAPTER,
  tart: ADAPTER,
  orchard: ADAPTER,
  egress: ADAPTER,
  intake: ADAPTER,
  tunnel: ADAPTER,
  launchd: ADAPTER,
  host: ADAPTER,
  ledger: ADAPTER,
  console: ADAPTER,
  planning: ADAPTER,
  daemon: [
    ...ADAPTER,
    'config',
    'github',
    'tart',
    'orchard',
    'egress',
    'intake',
    'tunnel',
    'launchd',
    'host',
    'ledger',
    'console',
  ],
  packaging: [...ADAPTER, 'config', 'launchd'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target]) => target ?? '');
}

function offences(file: string): readonly string[] {
  const room = file.split('/')[0] ?? '';
  if (room === 'cli') return [];
  const allowed = ARROWS[room];
  if (!allowed) return [`${file}: the room "${room}" is not drawn in the design`];
  return importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => relative(SRC, resolve(SRC, dirname(file), target)))
    .filter((target) => target.startsWith('..') || !mayImport(room, allowed, target))
    .map((target) => `${file} may not import ${target}`);
}

function mayImport(room: string, allowed: readonly string[], target: string): boolean {
  return [room, ...allowed].some((way) => target === way || target.startsWith(`${way}/`));
}

test('rooms import only the rooms the design allows', () => {
  expect(files.flatMap(offences)).toEqual([]);
});

test('the core is pure: it imports no package and no part of Node', () => {
  const impure = files
    .filter((file) => file.startsWith('core/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith('.'))
        .map((target) => `${file}: ${target}`),
    );
  expect(impure).toEqual([]);
});

test('no file of src is longer than 250 lines', () => {
  const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 251);
  expect(long).toEqual([]);
});

test('only one module runs other programs, so that no call can lack a deadline', () => {
  const spawners = files.filter((file) =>
    importsOf(file).some((target) => ['execa', 'node:child_process'].includes(target)),
  );
  expect(spawners).toEqual(['lib/run.ts']);
});
