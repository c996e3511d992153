/**
 * The guest's `launchctl`: `kickstart [-k] DOMAIN/LABEL` for the launchd jobs that lie in the sandbox's Library. Starts
 * the program in a session of its own and, like launchd, with the property list's environment instead of the caller's;
 * only the marks of the test double pass through. Exit codes as the real one's (launchctl error N).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const rootfs = resolve(dirname(process.argv[1] ?? ''), '../../../..');
const doubleBin = join(rootfs, 'usr/local/double-bin');

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** Paths that a plist names and that a sandbox has lie under it. */
function inside(path: string): string {
  const moved = join(rootfs, path);
  return path.startsWith('/') && existsSync(moved) ? moved : path;
}

function textsOf(plist: string, key: string, element: 'array' | 'dict'): string[] {
  const block = new RegExp(`<key>${key}</key>\\s*<${element}>(.*?)</${element}>`, 's').exec(plist)?.[1] ?? '';
  return [...block.matchAll(/<(?:string|key)>([^<]*)</g)].map(([, text]) => text ?? '');
}

function environmentOf(plist: string): NodeJS.ProcessEnv {
  const texts = textsOf(plist, 'EnvironmentVariables', 'dict');
  const given = Object.fromEntries(
    texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] ?? '']] : [])),
  );
  const marks = Object.entries(process.env).filter(([name]) => name.startsWith('MACRUNNER_DOUBLE_'));
  const HOME = inside(given.HOME ?? '/Users/admin');
  const PATH = `${doubleBin}:${given.PATH ?? '/usr/bin:/bin:/usr/sbin:/sbin'}`;
  return {
    ...given,
    USER: 'admin',
    LOGNAME: 'admin',
    SHELL: '/bin/bash',
    TMPDIR: process.env.TMPDIR,
    HOME,
    PATH,
    ...Object.fromEntries(marks),
  };
}

function runningPid(pidFile: string): number | null {
  if (!existsSync(pidFile)) return null;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return null;
  }
}

const [verb, ...rest] = process.argv.slice(2);
const target = rest.at(-1) ?? '';
const label =
  /^(?:gui|user)\/[0-9]+\/([A-Za-z0-9.-]+)$/.exec(target)?.[1] ??
  /^system\/([A-Za-z0-9.-]+)$/.exec(target)?.[1];
if (verb !== 'kickstart') fail(64, `Unrecognized subcommand: ${verb}`);
if (!label) fail(64, 'Unrecognized target specifier.');
const folder = target.startsWith('system/') ? 'LaunchDaemons' : 'LaunchAgents';
const file = join(rootfs, 'Library', folder, `${label}.plist`);
if (!existsSync(file)) fail(113, `Could not find service "${label}" in domain for ${target.split('/')[0]}`);
const plist = readFileSync(file, 'utf8');
const pidFile = join(rootfs, 'private/var/run', `${label}.pid`);
mkdirSync(dirname(pidFile), { recursive: true });
if (runningPid(pidFile) === null) {
  const [program = '', ...args] = textsOf(plist, 'ProgramArguments', 'array');
  const options = {
    cwd: inside('/Users/admin'),
    env: environmentOf(plist),
    detached: true,
    stdio: 'ignore',
  } as const;
  const child = spawn(inside(program), args, options);
  child.on('error', (error) => fail(78, String(error)));
  child.on('spawn', () => {
    writeFileSync(pidFile, String(child.pid));
    // The VM's process ends groups it knows of; this one leads a session of its own.
    const groups = process.env.MACRUNNER_DOUBLE_GROUPS;
    if (groups) writeFileSync(join(groups, String(child.pid)), '');
    process.exit(0);
  });
}
