/** Processes of this machine as the kernel tells them: from /proc on Linux, from `ps` elsewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from '../until.ts';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** The whole command line, arguments joined by blanks. */
  readonly command: string;
}

function listProcesses(): readonly ProcessInfo[] {
  return existsSync('/proc/self/cmdline') ? fromProc() : fromPs();
}

/** Processes that descend from `root` (0: from none) or whose command line names `path`; this process never counts. */
export function familyOf(root: number, path: string): readonly ProcessInfo[] {
  const all = listProcesses();
  const family = new Set(root > 0 ? [root] : []);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent, command } of all) {
      if (family.has(pid) || pid === process.pid || !(family.has(parent) || command.includes(path))) continue;
      family.add(pid);
      grew = true;
    }
  }
  return all.filter(({ pid }) => family.has(pid));
}

/** Kills every process whose command line names `path`, with all that descend from it, until none is left. */
export async function endFamily(path: string): Promise<void> {
  await until(() => {
    const family = familyOf(0, path);
    for (const { pid } of family) killIfThere(pid);
    return family.length === 0;
  });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function fromProc(): readonly ProcessInfo[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const [state = '', parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return state === 'Z' ? [] : [{ pid: Number(entry), parent: Number(parent), command }];
      } catch {
        return []; // It ended while we looked.
      }
    });
}

function fromPs(): readonly ProcessInfo[] {
  const text = execFileSync('ps', ['-axww', '-o', 'pid=,ppid=,state=,command='], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (!match || match[3]?.startsWith('Z')) return [];
    return [{ pid: Number(match[1]), parent: Number(match[2]), command: match[4] ?? '' }];
  });
}
