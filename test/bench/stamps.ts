/**
 * Programs put in front of others: each stamps the time first thing, then becomes the program behind it. The interpreter
 * is the quickest this machine has: bash 5 knows the time in microseconds, older ones leave it to perl.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, spreadOf } from './quantile.ts';

export interface Stamp {
  /** Milliseconds since 1970, with decimals. */
  readonly atMs: number;
  /** As it was called: its path, a tab, its arguments. */
  readonly call: string;
}

export interface Stamper {
  /** Puts a stamping program in front of `path`, which moves aside. */
  putBefore(path: string): void;
  /** What was stamped so far. */
  read(): readonly Stamp[];
  /** From the start of a stamping program to its stamp, milliseconds, several times. */
  ownMs(): { readonly median: number; readonly spread: readonly [number, number] };
}

const OWN_RUNS = 25;

/** @throws when this machine has neither bash 5 nor perl with Time::HiRes */
export function createStamper(dir: string): Stamper {
  const file = join(dir, 'stamps');
  const language = findLanguage();
  const install = (path: string): void => writeFileSync(path, language.program(file), { mode: 0o755 });
  return {
    putBefore(path) {
      renameSync(path, behind(path));
      install(path);
    },
    read: () => readStamps(file),
    ownMs() {
      const probe = join(dir, 'probe');
      if (!existsSync(probe)) {
        symlinkSync(existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true', behind(probe));
        install(probe);
      }
      const samples = Array.from({ length: OWN_RUNS }, () => {
        const [program = '', ...args] = language.timedStart(probe);
        const startedMs = msOf(execFileSync(program, args, { encoding: 'utf8', timeout: 5_000 }).trim());
        return (
          (readStamps(file).findLast(({ call }) => call.startsWith(probe))?.atMs ?? Number.NaN) - startedMs
        );
      });
      return { median: median(samples), spread: spreadOf(samples) };
    },
  };
}

function behind(path: string): string {
  return `${path}.behind`;
}

function readStamps(file: string): readonly Stamp[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map(readStamp);
}

function readStamp(line: string): Stamp {
  const [seconds = '', ...call] = line.split('\t');
  return { atMs: msOf(seconds), call: call.join('\t') };
}

/** Bash writes the decimal mark of the locale. */
function msOf(seconds: string): number {
  return Number(seconds.replace(',', '.')) * 1_000;
}

interface Language {
  /** The text of a program that stamps into `file` and becomes the one behind it, wherever the two are copied to. */
  program(file: string): string;
  /** A command that prints the time and at once becomes `path`. */
  timedStart(path: string): readonly string[];
}

function findLanguage(): Language {
  const bash = ['/bin/bash', '/opt/homebrew/bin/bash', '/usr/local/bin/bash'].find(
    (path) => existsSync(path) && /^\d+[.,]\d+/.test(shell(path, 'echo $EPOCHREALTIME')),
  );
  return bash === undefined ? perl('/usr/bin/perl') : bash5(bash);
}

function shell(path: string, script: string): string {
  return execFileSync(path, ['-c', script], { encoding: 'utf8', timeout: 5_000 });
}

function bash5(path: string): Language {
  return {
    program: (file) =>
      [
        `#!${path}`,
        `printf '%s\\t%s\\t%s\\n' "$EPOCHREALTIME" "$0" "$*" >>'${file}'`,
        'exec "$0.behind" "$@"',
        '',
      ].join('\n'),
    timedStart: (program) => [path, '-c', 'echo "$EPOCHREALTIME"; exec "$0"', program],
  };
}

function perl(path: string): Language {
  return {
    program: (file) =>
      [
        `#!${path}`,
        'use Time::HiRes ();',
        'my $now = sprintf "%.6f", Time::HiRes::time();',
        `open my $stamps, '>>', '${file}' or die; print $stamps "$now\\t$0\\t@ARGV\\n"; close $stamps;`,
        'exec { "$0.behind" } "$0.behind", @ARGV;',
        '',
      ].join('\n'),
    timedStart: (program) => [
      path,
      '-MTime::HiRes',
      '-e',
      '$| = 1; printf "%.6f\\n", Time::HiRes::time(); exec { $ARGV[0] } @ARGV;',
      program,
    ],
  };
}
