import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../../src/lib/command-failure.ts';
import { followLines, launch, run } from '../../src/lib/run.ts';
import { until } from '../support/until.ts';
import { endFamily, familyOf } from '../support/watch/processes.ts';

const never = new AbortController().signal;
let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mr-run-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function sh(script: string, options: Partial<Parameters<typeof run>[2]> = {}) {
  return run('/bin/sh', ['-c', script], { timeoutMs: 60_000, signal: never, ...options });
}

/** Whether a process lives; a zombie counts as dead, `kill(pid, 0)` would say otherwise. */
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

function pidIn(file: string): number {
  return Number(readFileSync(join(dir, file), 'utf8'));
}

async function pidWritten(file: string): Promise<number> {
  await until(() => pidIn(file) > 0);
  return pidIn(file);
}

test('a program that succeeds returns both outputs, input goes to its standard input', async () => {
  const result = await sh('cat; echo words >&2', { input: 'secret' });
  expect(result).toEqual({ stdout: 'secret', stderr: 'words\n', exitCode: 0 });
});

test('without input the program reads nothing and does not wait', async () => {
  expect((await sh('cat; echo end')).stdout).toBe('end\n');
});

test('an exit code among the good ones is an answer, any other a failure with its words', async () => {
  expect((await sh('exit 2', { okExitCodes: [2] })).exitCode).toBe(2);
  const error = await sh('echo out; echo why >&2; exit 3').catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: 'command-failed' });
  expect(failureOf(error)).toMatchObject({ exitCode: 3, stdout: 'out\n', stderr: 'why\n' });
});

test('the environment is only what is given', async () => {
  const { stdout } = await run('/usr/bin/env', [], {
    timeoutMs: 60_000,
    signal: never,
    env: { ONLY: 'this' },
  });
  expect(stdout).toBe('ONLY=this\n');
});

test('a missing program is told apart', async () => {
  await expect(run(join(dir, 'none'), [], { timeoutMs: 60_000, signal: never })).rejects.toMatchObject({
    code: 'command-missing',
  });
});

test('output beyond the cap is a failure, not memory', async () => {
  await expect(sh('yes', { maxBytes: 10_000 })).rejects.toMatchObject({ code: 'command-failed' });
});

test('a timeout kills the whole process group, silent children that ignore SIGTERM included', async () => {
  // The child is known by its command line: at the deadline it may not have got any further.
  const script = `(trap '' TERM; exec tail -f ${dir}/silent) >/dev/null 2>&1 & wait`;
  writeFileSync(join(dir, 'silent'), '');
  await expect(sh(script, { timeoutMs: 300, graceMs: 100 })).rejects.toMatchObject({
    code: 'command-timed-out',
  });
  await until(() => familyOf(0, dir).length === 0);
});

test('a call settles although a process that left the group holds its output', async () => {
  const left = `require('node:fs').writeFileSync('${dir}/left', String(process.pid)); setInterval(() => {}, 1000)`;
  const options = `{ detached: true, stdio: ['ignore', 'inherit', 'inherit'] }`;
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(left)}], ${options}); setInterval(() => {}, 1000)`;
  const stop = new AbortController();
  const limits = { timeoutMs: 60_000, graceMs: 100, signal: stop.signal };
  const outcome = expect(run(process.execPath, ['-e', script], limits)).rejects.toBe('shutting down');
  const pid = await pidWritten('left');
  stop.abort('shutting down');
  await outcome;
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});

test('a call settles at its deadline although a process that left the group holds its output', async () => {
  writeFileSync(join(dir, 'silent'), '');
  // A group of its own; whether it is there by then makes no difference to what must be seen.
  const script = `set -m; tail -f ${dir}/silent & set +m; wait`;
  const limits = { timeoutMs: 300, graceMs: 100, signal: never };
  await expect(run('/bin/bash', ['-c', script], limits)).rejects.toMatchObject({ code: 'command-timed-out' });
  await endFamily(dir);
});

test('an abort rejects with its reason and kills the group', async () => {
  const stop = new AbortController();
  const running = sh(`sleep 60 & echo $! > ${dir}/child; wait`, { signal: stop.signal });
  const outcome = expect(running).rejects.toBe('shutting down');
  const child = await pidWritten('child');
  stop.abort('shutting down');
  await outcome;
  await until(() => !isAlive(child));
});

test('a launched program leads its own session, writes to a private file and reports its end', async () => {
  const outputFile = join(dir, 'out.log');
  const script = `ps -o pgid= -p $$; cat; echo warn >&2; exit 7`;
  const { pid, exited } = await launch('/bin/sh', ['-c', script], {
    outputFile,
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
  });
  expect(await exited).toEqual({ exitCode: 7, signal: null });
  expect(readFileSync(outputFile, 'utf8').trim().split(/\s+/)).toEqual([String(pid), 'warn']);
  expect(statSync(outputFile).mode & 0o777).toBe(0o600);
});

test('launching a missing program fails at once', async () => {
  const options = { outputFile: join(dir, 'o'), env: {}, cwd: '/' };
  await expect(launch(join(dir, 'none'), [], options)).rejects.toMatchObject({ code: 'command-missing' });
});

test('lines come one by one, over-long ones cut and marked, the last without newline included', async () => {
  const lines: [string, boolean][] = [];
  const { exitCode, stderr } = await followLines(
    '/bin/sh',
    ['-c', 'printf "one\\n\\n123456789\\n12345\\nlast"; echo oh >&2; exit 4'],
    { signal: never, maxLineBytes: 5, onLine: (line, wasCut) => lines.push([line, wasCut]) },
  );
  expect(lines).toEqual([
    ['one', false],
    ['', false],
    ['12345', true],
    ['12345', false],
    ['last', false],
  ]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 4, stderr: 'oh\n' });
});

test('an endless line is reported once and does not stop the stream', async () => {
  let cuts = 0;
  const script = 'head -c 3000000 /dev/zero; echo; echo after';
  const seen: string[] = [];
  await followLines('/bin/sh', ['-c', script], {
    signal: never,
    maxLineBytes: 100,
    onLine: (line, wasCut) => {
      if (wasCut) cuts += 1;
      else seen.push(line);
    },
  });
  expect({ cuts, seen }).toEqual({ cuts: 1, seen: ['after'] });
});

test('an abort ends the followed program and its children', async () => {
  const stop = new AbortController();
  const script = `(trap '' TERM; exec sleep 60) & echo $!; wait`;
  let child = 0;
  const following = followLines('/bin/sh', ['-c', script], {
    signal: stop.signal,
    maxLineBytes: 100,
    graceMs: 100,
    onLine: (line) => {
      child = Number(line);
      stop.abort('enough');
    },
  });
  await expect(following).rejects.toBe('enough');
  await until(() => !isAlive(child));
});

test('what the reader of a line throws ends the program and comes back', async () => {
  const failing = followLines('/bin/sh', ['-c', 'while :; do echo more; sleep 1; done'], {
    signal: never,
    maxLineBytes: 100,
    graceMs: 100,
    onLine: () => {
      throw new RangeError('not like this');
    },
  });
  await expect(failing).rejects.toThrow('not like this');
});
