/** The commands that look (`list`, `get`, `fqn`) and `set`, which edits without looking whether the VM runs. */
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { invalid, other, runtime } from './failure.ts';
import { randomMac } from './run.ts';
import type { Double } from './settings.ts';
import {
  cachedRows,
  digestName,
  diskGB,
  isRemote,
  localNames,
  openVm,
  readConfig,
  stateOf,
  vmDir,
  writeConfig,
} from './vms.ts';

const MIB = 1_048_576;
const GB = 1_000_000_000;

interface Row {
  Source: 'local' | 'OCI';
  Name: string;
  Disk: number;
  Size: number;
  Accessed: string;
  Running: boolean;
  State: string;
}

export async function list(double: Double, argv: readonly string[]): Promise<void> {
  const shape = { command: 'list', flags: ['-q', '--quiet'], options: ['--source', '--format'] };
  const args = parseArguments(shape, argv);
  const source = args.value('--source');
  if (source !== undefined && source !== 'local' && source !== 'oci') {
    throw invalid('list', '<source> should be either "local" or "oci"');
  }
  const local =
    source === 'oci' ? [] : await Promise.all(localNames(double).map((vm) => localRow(double, vm)));
  const rows = source === 'local' ? local : [...local, ...cachedRows(double).map(cacheRow)];
  if (args.has('-q') || args.has('--quiet')) print(rows.map((row) => row.Name).join('\n'));
  else if (args.value('--format') === 'json') print(prettyJson(rows));
  else print(['Source Name Disk Size Accessed State', ...rows.map(textRow)].join('\n'));
}

async function localRow(double: Double, name: string): Promise<Row> {
  const state = await stateOf(double, name);
  const dir = vmDir(double, name);
  return { ...commonRow(dir), Source: 'local', Name: name, Running: state === 'running', State: state };
}

function cacheRow(row: { name: string; dir: string }): Row {
  return { ...commonRow(row.dir), Source: 'OCI', Name: row.name, Running: false, State: 'stopped' };
}

function commonRow(dir: string): Pick<Row, 'Disk' | 'Size' | 'Accessed'> {
  const accessed = statSync(dir)
    .atime.toISOString()
    .replace(/\.\d+Z$/, 'Z');
  return { Disk: diskGB(dir), Size: 1, Accessed: accessed };
}

function textRow(row: Row): string {
  return `${row.Source.padEnd(6)} ${row.Name} ${row.Disk} ${row.Size} just now ${row.State}`;
}

export async function get(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments({ command: 'get', options: ['--format'], positionals: ['name'] }, argv);
  const [name = ''] = args.positionals;
  const dir = openVm(double, name);
  const config = readConfig(dir);
  const state = await stateOf(double, name);
  const found = {
    OS: config.os,
    CPU: config.cpuCount,
    Memory: config.memorySize / MIB,
    Disk: diskGB(dir),
    DiskFormat: config.diskFormat,
    Size: '1.000',
    Display: `${config.display.width}x${config.display.height}`,
    Running: state === 'running',
    State: state,
  };
  print(args.value('--format') === 'json' ? prettyJson(found) : Object.entries(found).flat().join(' '));
}

export async function fqn(double: Double, argv: readonly string[]): Promise<void> {
  const [name = ''] = parseArguments({ command: 'fqn', positionals: ['name'] }, argv).positionals;
  const digest = isRemote(name) ? digestName(double, name) : name;
  if (digest === undefined) {
    throw runtime(`OCI storage error: ${name} is not a digest and doesn't point to a digest`);
  }
  print(digest);
}

export async function set(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'set',
      flags: ['--random-mac', '--random-serial', '--display-refit', '--no-display-refit'],
      options: ['--cpu', '--memory', '--display', '--disk-size'],
      positionals: ['name'],
    },
    argv,
  );
  const dir = openVm(double, args.positionals[0] ?? '');
  const config = readConfig(dir);
  const cpu = Number(args.value('--cpu') ?? config.cpuCount);
  const memory = Number(args.value('--memory') ?? config.memorySize / MIB) * MIB;
  if (cpu < config.cpuCountMin) throw tooSmall(`${config.cpuCountMin} CPU cores`, cpu);
  if (memory < config.memorySizeMin) throw tooSmall(`${config.memorySizeMin / MIB} megabytes`, memory / MIB);
  const macAddress = args.has('--random-mac') ? randomMac() : config.macAddress;
  writeConfig(dir, { ...config, cpuCount: cpu, memorySize: memory, macAddress });
  const size = args.value('--disk-size');
  if (size !== undefined) growDisk(dir, Number(size));
}

function tooSmall(least: string, found: number) {
  return other(`LessThanMinimalResourcesError: VM should have at least ${least} (requested ${found})`);
}

function growDisk(dir: string, sizeGB: number): void {
  const presentGB = diskGB(dir);
  if (sizeGB < presentGB) {
    throw runtime(`new disk size of ${sizeGB} should be larger than the current disk size of ${presentGB}`);
  }
  truncateSync(join(dir, 'disk.img'), sizeGB * GB);
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}

/** Foundation's pretty printer: a space before the colon, `\/`, keys in no particular order. */
function prettyJson(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return '[\n\n]';
  const shuffled = JSON.stringify(value, (_, part: unknown) => (isObject(part) ? shuffle(part) : part), 2);
  return shuffled.replaceAll('/', '\\/').replaceAll(/^(\s*"[^"]*"):/gm, '$1 :');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shuffle(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).map((entry) => ({ entry, place: Math.random() }));
  return Object.fromEntries(entries.sort((a, b) => a.place - b.place).map(({ entry }) => entry));
}
