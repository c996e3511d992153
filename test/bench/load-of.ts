/** What a process costs: its processor time and its resident memory, from /proc on Linux, from `ps` elsewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface Load {
  /** Processor time since its start, user and system, in milliseconds; that of its children does not count. */
  readonly cpuMs: number;
  readonly residentMiB: number;
}

export function loadOf(pid: number): Load {
  if (!existsSync(`/proc/${pid}/stat`)) {
    const args = ['-o', 'rss=,time=', '-p', String(pid)];
    return readPs(execFileSync('ps', args, { encoding: 'utf8', timeout: 5_000 }));
  }
  const [stat, status] = ['stat', 'status'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
  return readProc(stat ?? '', status ?? '');
}

/** USER_HZ of every architecture this runs on. */
const TICKS_PER_SECOND = 100;

/** @see proc_pid_stat(5): after the name in parentheses, utime and stime are the 12th and 13th field */
export function readProc(stat: string, status: string): Load {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuMs: (ticks * 1_000) / TICKS_PER_SECOND, residentMiB: Number(kib) / 1_024 };
}

/** `rss=,time=` of ps: KiB, and `[[days-]hours:]minutes:seconds[.hundredths]`. */
export function readPs(text: string): Load {
  const [kib = '', time = ''] = text.trim().split(/\s+/);
  const [clock = '', days = '0'] = time.split('-').toReversed();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return { cpuMs: (Number(days) * 86_400 + seconds) * 1_000, residentMiB: Number(kib) / 1_024 };
}
