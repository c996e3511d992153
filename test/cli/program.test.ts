/** The program as a process, without an agent: help, mistakes, exit codes. */
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOG } from '../../src/cli/catalog.ts';
import { linesOver, runProgram } from '../support/program.ts';

function home() {
  return mkdtempDisposableSync(join(tmpdir(), 'mr-cli-'));
}

test('alone it prints help, with every command', async () => {
  using place = home();
  const { code, stdout, stderr } = await runProgram(place.path, []);
  expect([code, stderr]).toEqual([0, '']);
  for (const { words } of CATALOG) expect(stdout).toContain(`\n  ${words.split(' ')[0]} `);
});

test.each(CATALOG.map(({ words }) => words))('`help %s` has examples and fits 80 columns', async (words) => {
  using place = home();
  const { code, stdout } = await runProgram(place.path, ['help', ...words.split(' ')]);
  expect(code).toBe(0);
  expect(stdout).toContain('Examples:\n  $ macrunner ');
  expect(linesOver(80, stdout)).toEqual([]);
});

test.each([
  [['stauts'], "unknown command 'stauts'", 'did you mean `status`?'],
  [['runner', 'lst'], "unknown command 'lst'", 'did you mean `list`?'],
  [['status', '--jsno'], "unknown option '--jsno'", 'did you mean `--json`?'],
  [['why'], "missing required argument 'subject'", 'add `--help` to see how it is written'],
  [['status', 'extra'], 'too many arguments', 'add `--help`'],
  [['events', '--after', 'soon'], '--after: give a whole number', 'add `--help`'],
  [['serve', 'egress'], '<service>: the one service is `agent`', 'add `--help`'],
  [['drain', '--wait', '--timeout', '2x'], '--timeout: give a length of time such as 90s', 'add `--help`'],
  [['drain', '--timeout', '3'], '--timeout says how long --wait waits', 'add --wait'],
])('%j is a mistake of three lines and exit code 2', async (args, what, remedy) => {
  using place = home();
  const { code, stdout, stderr } = await runProgram(place.path, args);
  expect([code, stdout]).toEqual([2, '']);
  const [first, second, third, ...rest] = stderr.trimEnd().split('\n');
  expect(first).toContain(`macrunner: ${what}`);
  expect(second).toMatch(/^ {2}why: ./);
  expect(third).toContain(`  do:  ${remedy}`);
  expect(rest).toEqual([]);
});

test('a group without its verb shows the verbs, as a mistake', async () => {
  using place = home();
  const { code, stdout, stderr } = await runProgram(place.path, ['runner']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('Stop a runner and destroy its VM');
});

test('the version is one line for programs too', async () => {
  using place = home();
  const [said, json] = await Promise.all([
    runProgram(place.path, ['--version']),
    runProgram(place.path, ['version', '--json']),
  ]);
  expect(said.stdout).toMatch(/^macrunner \d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+, [a-z0-9-]+\)\n$/);
  expect(json.stdout.split('\n')).toHaveLength(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, node: process.versions.node });
});

test('on a system without fixed places it asks for one', async () => {
  const { code, stderr } = await runProgram('', ['status']);
  expect(code).toBe(process.platform === 'darwin' ? 3 : 2);
  expect(stderr).toMatch(/MACRUNNER_HOME|start it/);
});
