/** The demo's witnesses see what they are there to see: a secret on a command line or in a file, and an open socket. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inCommandLines, inFiles } from './leaks.ts';
import { familyOf } from './processes.ts';
import { openToTheWorld } from './sockets.ts';

const SECRET = 'ghs_0123456789abcdef';

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'mr-watch-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test('a secret on a command line is seen, of a child and of a stranger that names the directory', async () => {
  const home = directory();
  const script = 'process.stdin.resume()';
  const child = spawn(process.execPath, ['-e', script, home, `--token=${SECRET}`], { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  await expect.poll(() => inCommandLines([SECRET], familyOf(0, home))).toHaveLength(1);
  expect(inCommandLines([SECRET], familyOf(child.pid ?? 0, '/nowhere/at/all'))).toHaveLength(1);
  expect(inCommandLines(['ghs_another-secret'], familyOf(0, home))).toEqual([]);
});

test('a secret in a file is seen, but not below a directory that may hold it, nor in the hole of a disk', () => {
  const home = directory();
  mkdirSync(join(home, 'secrets'));
  mkdirSync(join(home, 'logs'));
  writeFileSync(join(home, 'secrets/key'), SECRET);
  writeFileSync(join(home, 'logs/agent.log'), `before ${SECRET} after`);
  writeFileSync(join(home, 'disk.img'), '');
  truncateSync(join(home, 'disk.img'), 50_000_000_000);
  expect(inFiles([SECRET], home, [join(home, 'secrets')])).toEqual([{ where: join(home, 'logs/agent.log') }]);
});

test('a socket on every address is seen, one on loopback is not', async () => {
  const loopback = createServer().listen(0, '127.0.0.1');
  await once(loopback, 'listening');
  expect(openToTheWorld([process.pid])).toEqual([]);
  const open = createServer().listen(0, '0.0.0.0');
  await once(open, 'listening');
  expect(openToTheWorld([process.pid])).toHaveLength(1);
  open.close();
  loopback.close();
});
