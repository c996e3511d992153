/** `macrunner logs` as a process over a log file that another one writes and rotates. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempDisposableSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram, startProgram } from '../../support/program.ts';

const line = (msg: string) => `${JSON.stringify({ level: 30, time: 1_800_000_000_000, msg })}\n`;
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => line(`line ${from + index}.`)).join('');

function rig() {
  const home = mkdtempDisposableSync(join(tmpdir(), 'mr-logs-'));
  mkdirSync(join(home.path, 'logs'));
  return {
    home: home.path,
    log: join(home.path, 'logs', 'agent.log'),
    [Symbol.dispose]: () => home.remove(),
  };
}

test('the last lines are shown, read from the end of a large file', async () => {
  using place = rig();
  writeFileSync(place.log, lines(0, 20_000));
  const { code, stdout, stderr } = await runProgram(place.home, ['logs', '-n', '3']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d info {2}line 19997\.\n.+ line 19998\.\n.+ line 19999\.\n$/);
});

test('more lines than a block of the file holds are all there', async () => {
  using place = rig();
  writeFileSync(place.log, lines(0, 5_000));
  const { stdout } = await runProgram(place.home, ['logs', '-n', '4000', '--json']);
  expect(stdout).toBe(lines(1_000, 5_000));
});

test('a shorter file than asked for is shown whole, its unfinished last line too', async () => {
  using place = rig();
  writeFileSync(place.log, `${line('one')}{"half`);
  const { stdout } = await runProgram(place.home, ['logs']);
  expect(stdout).toMatch(/info {2}one\n\{"half\n$/);
});

test('following goes on over a rotation and over a file that was emptied, and ends well', async () => {
  using place = rig();
  writeFileSync(place.log, line('first'));
  using program = startProgram(place.home, ['logs', '-f']);
  await program.said(/first/);
  appendFileSync(place.log, line('second'));
  await program.said(/second/);
  renameSync(place.log, `${place.log}.1`);
  appendFileSync(`${place.log}.1`, line('late in the old file'));
  writeFileSync(place.log, line('third'));
  await program.said(/third/);
  truncateSync(place.log);
  appendFileSync(place.log, line('4'));
  await program.said(/info {2}4\n/);
  program.child.kill('SIGINT');
  const { code, stdout } = await program.ended();
  expect(code).toBe(0);
  expect(stdout.match(/first|second|late|third|4$/gm)).toEqual(['first', 'second', 'late', 'third', '4']);
});

test('following waits for a log that is not there yet', async () => {
  using place = rig();
  using program = startProgram(place.home, ['logs', '-f']);
  writeFileSync(place.log, line('begun'));
  await program.said(/begun/);
});

test('where no agent has written, it says so', async () => {
  using place = rig();
  const { code, stderr } = await runProgram(place.home, ['logs']);
  expect(code).toBe(1);
  expect(stderr).toContain(`there is no log at ${place.log}`);
});

test('a reader that has seen enough is no failure', async () => {
  using place = rig();
  writeFileSync(place.log, lines(0, 20_000));
  using program = startProgram(place.home, ['logs', '-n', '20000', '--json']);
  await program.said(/line 0/);
  program.child.stdout?.destroy();
  const { code, stderr } = await program.ended();
  expect([code, stderr]).toEqual([0, '']);
});
