import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock } from '../../src/lib/lock.ts';

function lockPath(): string {
  const dir = mkdtempSync(join(tmpdir(), 'mr-lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'run', 'agent.lock');
}

async function holder(path: string) {
  const program = `
    import { acquireLock } from '${join(import.meta.dirname, '../../src/lib/lock.ts')}';
    await acquireLock(${JSON.stringify(path)});
    process.stdout.write('held');
    setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a second instance is told which process is the first', async () => {
  const path = lockPath();
  const child = await holder(path);
  await expect(acquireLock(path)).rejects.toMatchObject({
    code: 'already-running',
    message: expect.stringContaining(`process ${child.pid} `),
  });
});

test('a process that was killed holds nothing', async () => {
  const path = lockPath();
  const child = await holder(path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await acquireLock(path)).release();
});

test('within one process too only one can hold it, until it is released', async () => {
  const path = lockPath();
  const lock = await acquireLock(path);
  await expect(acquireLock(path)).rejects.toMatchObject({ code: 'already-running' });
  lock.release();
  lock.release();
  expect(existsSync(`${path}.pid`)).toBe(false);
  (await acquireLock(path)).release();
});
