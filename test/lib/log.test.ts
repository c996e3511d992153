import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { RotatingFile } from '../../src/lib/rotating-file.ts';
import { until } from '../support/until.ts';

const SECRET = 'swordfish-swordfish';

function rig(options: { readonly maxBytes?: number; readonly keep?: number } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'mr-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'logs', 'agent.log');
  const redactor = new Redactor();
  redactor.add(SECRET);
  const log = createLog({ to: 'file', file, redactor, ...options });
  const lines = (): unknown[] =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { dir, file, log, lines };
}

test('a line is JSON with who, what and when, and is there in the same breath', async () => {
  const { log, lines, file } = rig();
  log.child({ runner: 'r1' }).info({ tookMs: 3 }, 'runner moved');
  await until(() => lines().length === 1);
  expect(lines()).toEqual([
    { level: 30, time: expect.any(Number), runner: 'r1', tookMs: 3, msg: 'runner moved' },
  ]);
  expect(statSync(file).mode & 0o027).toBe(0);
  await log.close();
});

test('no secret reaches the file: not by message, argument, field, error, binding or key', async () => {
  const { log, file } = rig();
  log.info(`the secret is ${SECRET}`);
  log.info({ x: 1 }, 'the secret is %s', SECRET);
  log.info({ deep: [{ er: SECRET }] }, 'fields');
  log.error(new Error(SECRET, { cause: new Error(SECRET) }));
  log.error({ err: new Error(SECRET) }, 'an error');
  log.child({ who: SECRET }).info('binding');
  log.info({ [SECRET]: 1 }, 'key');
  log.info({ token: 'short' }, 'by name');
  await log.close();
  const text = readFileSync(file, 'utf8');
  expect(text.trimEnd().split('\n')).toHaveLength(8);
  expect(text).not.toMatch(/swordfish|short/);
});

test('an error is written with its code, message and cause', async () => {
  const { log, lines } = rig();
  log.warn(
    { err: Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'x' }) },
    'failed',
  );
  await log.close();
  expect(lines()).toMatchObject([
    { msg: 'failed', err: { code: 'x', message: 'outer', cause: { message: 'inner' } } },
  ]);
});

test('a full file is turned over, whole lines each, and only so many are kept', async () => {
  const { log, file, dir } = rig({ maxBytes: 2_000, keep: 2 });
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  for (const n of numbers) {
    log.info({ n, fill: 'x '.repeat(50) }, 'line');
    await new Promise(setImmediate);
  }
  await log.close();
  expect(readdirSync(join(dir, 'logs')).sort()).toEqual(['agent.log', 'agent.log.1', 'agent.log.2']);
  const kept = ['.2', '.1', ''].flatMap((age) =>
    readFileSync(file + age, 'utf8')
      .trimEnd()
      .split('\n'),
  );
  const seen = kept.map((line) => Number(/"n":(\d+)/.exec(line)?.[1]));
  expect(seen).toEqual(numbers.slice(-seen.length));
  expect(['.2', '.1', ''].every((age) => statSync(file + age).size <= 2_000)).toBe(true);
});

test('what was said last before the process ended is in the file', async () => {
  const { file, lines } = rig();
  const program = `
    import { createLog } from '${join(import.meta.dirname, '../../src/lib/log.ts')}';
    import { Redactor } from '${join(import.meta.dirname, '../../src/lib/redact.ts')}';
    createLog({ to: 'file', file: ${JSON.stringify(file)}, redactor: new Redactor() }).info('last words');
    process.exit(3);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([3, null]);
  expect(lines()).toMatchObject([{ msg: 'last words' }]);
});

test('lines that cannot be written are counted, and the count is written when it can be', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mr-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'x.log');
  const file = new RotatingFile(path, { maxBytes: 10, keep: 1, onLost: (lines) => `lost ${lines}\n` });
  const say = (line: string) => {
    file.write(`${line}\n`);
    file.flush();
  };
  say('first line');
  // A directory of the name cannot be replaced by the turned-over file.
  mkdirSync(join(`${path}.1`, 'in the way'), { recursive: true });
  say('second');
  say('third');
  rmSync(`${path}.1`, { recursive: true });
  say('fourth');
  file.close();
  expect(readFileSync(path, 'utf8')).toBe('lost 2\nfourth\n');
});
