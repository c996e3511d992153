/**
 * Lays out the disk of a simulated VM: the real guest programs, a runner double in GitHub's place, and the few macOS
 * programs the guest calls. The double is written in TypeScript and stripped here, once, so that every start of it in a
 * VM is as quick as plain JavaScript.
 *
 * A disk may be copied to any place: all but `externals/node24/bin/node` is found by relative paths.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, resolve } from 'node:path';

const GUEST = resolve(import.meta.dirname, '../../../vm-templates/guest');

export interface GuestImageOptions {
  /** Between two heartbeats of the event stream; 15 s in a real VM. */
  readonly heartbeatMs?: number;
  /** How long the started hook waits for a verdict; 60 s in a real VM. */
  readonly verdictDeadlineMs?: number;
  /** Between a refusal's line in the log and the end of its worker; 2 s in a real VM. */
  readonly refusalGraceMs?: number;
}

/** Fills `dir`, which is made when it is missing and must be empty otherwise. */
export function buildGuestImage(dir: string, options: GuestImageOptions = {}): void {
  const folder = (path: string) => {
    mkdirSync(join(dir, path), { recursive: true });
    return join(dir, path);
  };
  const programs = folder('usr/local/macrunner-guest');
  for (const part of ['bin', 'hooks', 'lib'])
    cpSync(join(GUEST, part), join(programs, part), { recursive: true });
  cpSync(
    join(GUEST, 'dev.macrunner.runner.plist'),
    join(folder('Library/LaunchAgents'), 'dev.macrunner.runner.plist'),
  );
  cpSync(
    join(GUEST, 'dev.macrunner.watchdog.plist'),
    join(folder('Library/LaunchDaemons'), 'dev.macrunner.watchdog.plist'),
  );
  layRunner(folder('Users/admin/actions-runner'));
  layDoubles(folder('usr/local/double-bin'));
  const state = folder('Users/admin/.macrunner');
  chmodSync(state, 0o700);
  const { heartbeatMs, verdictDeadlineMs, refusalGraceMs = 100 } = options;
  const settings = {
    'heartbeat-ms': heartbeatMs,
    'verdict-deadline-ms': verdictDeadlineMs,
    'refusal-grace-ms': refusalGraceMs,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) writeFileSync(join(state, name), String(value));
  }
}

function layRunner(root: string): void {
  mkdirSync(join(root, 'bin/double'), { recursive: true });
  mkdirSync(join(root, 'externals/node24/bin'), { recursive: true });
  symlinkSync(process.execPath, join(root, 'externals/node24/bin/node'));
  strip(join(import.meta.dirname, 'runner'), join(root, 'bin/double'));
  program(join(root, 'bin/Runner.Listener'), 'double/listener.mjs');
  program(join(root, 'bin/Runner.Worker'), 'double/worker.mjs');
  // No PATH in .path: the sandbox's is the one in which the doubles are found.
  writeFileSync(join(root, '.env'), 'LANG=en_US.UTF-8\n');
}

function layDoubles(bin: string): void {
  mkdirSync(join(bin, 'boot.d'));
  mkdirSync(join(bin, 'double'));
  const os = join(import.meta.dirname, 'os');
  strip(os, join(bin, 'double'));
  program(join(bin, 'launchctl'), 'double/launchctl.mjs');
  cpSync(join(os, 'shutdown'), join(bin, 'shutdown'));
  cpSync(join(os, 'boot-watchdog'), join(bin, 'boot.d/watchdog'));
}

/** A program that keeps its own name in `ps`, as the real ones do, whatever runs it. */
function program(path: string, script: string): void {
  const text = `#!/bin/bash\nexec -a "$0" '${process.execPath}' "\${0%/*}/${script}" "$@"\n`;
  writeFileSync(path, text, { mode: 0o755 });
}

function strip(from: string, to: string): void {
  for (const name of readdirSync(from).filter((file) => file.endsWith('.ts'))) {
    const source = readFileSync(join(from, name), 'utf8');
    const script = stripTypeScriptTypes(source).replaceAll(/from '(\.\/[^']+)\.ts'/g, "from '$1.mjs'");
    writeFileSync(join(to, name.replace(/\.ts$/, '.mjs')), script);
  }
}
