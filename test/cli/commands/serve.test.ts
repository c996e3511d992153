/** Serving where no VM can run: said before anything else is tried. */
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canRunVms } from '../../../src/host/facts.ts';
import { runProgram } from '../../support/program.ts';

const isUnfit = canRunVms().length > 0;

test.runIf(isUnfit).each([[['up']], [['serve', 'agent']]])(
  '%j says what is missing, and where to see it work',
  async (args) => {
    using home = mkdtempDisposableSync(join(tmpdir(), 'mr-serve-'));
    const { code, stdout, stderr } = await runProgram(home.path, args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^macrunner: this machine cannot run macOS VMs\n {2}why: .*macOS.*\n {2}do: .*npm run demo/,
    );
  },
);

test('a configuration that is there and bad is the first thing to mend', async () => {
  using home = mkdtempDisposableSync(join(tmpdir(), 'mr-serve-'));
  writeFileSync(join(home.path, 'config.json'), '{"host":{"tart":"/bin/sh"},"pools":[]}');
  const { code, stderr } = await runProgram(home.path, ['up']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^macrunner: the configuration has \d+ problems/);
});
