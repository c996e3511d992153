import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as plist from 'plist';
import { expect, test } from 'vitest';

const GUEST = resolve(import.meta.dirname, '../../vm-templates/guest');

function install(dest: string): string {
  const env = { PATH: '/usr/bin:/bin', MACRUNNER_DESTDIR: dest };
  return execFileSync(join(GUEST, 'install.sh'), {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function layRunner(dest: string): void {
  for (const [path, text] of [
    ['bin/Runner.Listener', 'runner'],
    ['externals/node20/bin/node', 'old node'],
    ['externals/node24/bin/node', 'node'],
  ] as const) {
    const file = join(dest, 'Users/admin/actions-runner', path);
    mkdirSync(resolve(file, '..'), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

test('the bake puts programs, launchd jobs, the runner’s files and an empty state in place, again and again', () => {
  using dest = mkdtempDisposableSync(join(tmpdir(), 'macrunner-install-'));
  layRunner(dest.path);
  const at = (path: string) => join(dest.path, path);
  for (const _ of [1, 2]) {
    expect(install(dest.path)).toBe('macrunner-install: ok\n');
    for (const program of [
      'bin/events',
      'bin/bootstrap',
      'bin/run-runner',
      'bin/watchdog',
      'hooks/job-started.sh',
    ]) {
      expect(modeOf(at(`usr/local/macrunner-guest/${program}`))).toBe(0o755);
    }
    expect(modeOf(at('usr/local/macrunner-guest/lib/gate.mjs'))).toBe(0o644);
    expect(readFileSync(at('usr/local/macrunner-guest/libexec/macrunner-js'), 'utf8')).toBe('node');
    expect(modeOf(at('Library/LaunchAgents/dev.macrunner.runner.plist'))).toBe(0o644);
    expect(modeOf(at('Library/LaunchDaemons/dev.macrunner.watchdog.plist'))).toBe(0o644);
    expect(readFileSync(at('Users/admin/actions-runner/.path'), 'utf8')).toMatch(
      /^\/opt\/homebrew\/bin:.*\n$/,
    );
    expect(readFileSync(at('Users/admin/actions-runner/.env'), 'utf8')).toBe('LANG=en_US.UTF-8\n');
    expect(modeOf(at('Users/admin/.macrunner'))).toBe(0o700);
    mkdirSync(at('Users/admin/.macrunner/events'));
  }
});

test('without a runner it stops and says what is missing', () => {
  using dest = mkdtempDisposableSync(join(tmpdir(), 'macrunner-install-'));
  expect(() => install(dest.path)).toThrow(/unpack actions-runner there first/);
});

test.each(['dev.macrunner.runner', 'dev.macrunner.watchdog'])(
  '%s is a property list under its own name',
  (label) => {
    const job = plist.parse(readFileSync(join(GUEST, `${label}.plist`), 'utf8'));
    expect(job).toMatchObject({
      Label: label,
      ProgramArguments: [expect.stringMatching(/^\/usr\/local\/macrunner-guest\/bin\//)],
    });
  },
);

test('nothing in the guest uses what macOS’s bash 3.2 and BSD tools do not have', () => {
  const scripts = execFileSync('find', [GUEST, '-type', 'f', '-not', '-name', '*.md'], { encoding: 'utf8' });
  const tooNew =
    /\$\{[a-z_]+(,,|\^\^|@)|declare -A|local -n|mapfile|readarray|\bsetsid\b|\btimeout [0-9]|stat -c|date .*%N|readlink -f|sed -i|\|&|&>>|coproc|wait -n/;
  for (const file of scripts.trim().split('\n')) {
    const text = readFileSync(file, 'utf8');
    if (text.startsWith('#!/bin/bash') || file.endsWith('common.sh')) expect(text, file).not.toMatch(tooNew);
  }
});
