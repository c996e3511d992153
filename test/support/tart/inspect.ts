/** The commands that look: `list`, `get`, `fqn`. */
import { parseArguments } from './arguments.ts';
import { invalid, runtime } from './failure.ts';
import { cacheRoot, digestOf, imageEntries } from './images.ts';
import { parseRemote, textOf } from './names.ts';
import { type Double, isSince } from './settings.ts';
import { ago, humanBytes, prettyJson, table } from './table.ts';
import {
  accessed,
  allocatedBytes,
  diskBytes,
  diskGB,
  localNames,
  openVm,
  readConfig,
  type State,
  stateOf,
  vmDir,
} from './vms.ts';

const MIB = 1_048_576;
const FORMATS = { '--format': ['text', 'json'] };

interface Row {
  readonly source: 'local' | 'OCI';
  readonly name: string;
  readonly dir: string;
  readonly state: State;
}

export async function list(double: Double, argv: readonly string[]): Promise<void> {
  const shape = { command: 'list', flags: ['-q', '--quiet'], options: ['--source'], choices: FORMATS };
  const args = parseArguments(shape, argv);
  const source = args.value('--source');
  if (source !== undefined && source !== 'local' && source !== 'oci') {
    throw invalid('list', `'${source}' is not a valid <source>`);
  }
  const local =
    source === 'oci' ? [] : await Promise.all(localNames(double).map((vm) => localRow(double, vm)));
  const cached = source === 'local' ? [] : imageEntries(cacheRoot(double));
  const rows: Row[] = [...local, ...cached.map(({ name, dir }) => cacheRow(name, dir))];
  if (args.has('-q') || args.has('--quiet')) {
    for (const row of rows) print(row.name);
  } else if (args.value('--format') === 'json') print(prettyJson(rows.map((row) => jsonRow(double, row))));
  else print(table(rows.map((row) => textRow(double, row))));
}

async function localRow(double: Double, name: string): Promise<Row> {
  return { source: 'local', name, dir: vmDir(double, name), state: await stateOf(double, name) };
}

function cacheRow(name: string, dir: string): Row {
  return { source: 'OCI', name, dir, state: 'stopped' };
}

function sizeGB(dir: string): number {
  return Math.floor(allocatedBytes(dir) / 1e9);
}

/** 2.31.0 took `SizeOnDisk` away and brought `Accessed`. */
function jsonRow(double: Double, { source, name, dir, state }: Row): Readonly<Record<string, unknown>> {
  const time = isSince(double, '2.31.0')
    ? {
        Accessed: accessed(dir)
          .toISOString()
          .replace(/\.\d+Z$/, 'Z'),
      }
    : { SizeOnDisk: sizeGB(dir) };
  const sizes = { Disk: diskGB(dir), Size: sizeGB(dir) };
  return { Source: source, Name: name, ...sizes, ...time, Running: state === 'running', State: state };
}

function textRow(double: Double, { source, name, dir, state }: Row): Readonly<Record<string, string>> {
  const sizes = {
    Disk: sizeText(double, diskBytes(dir), String(diskGB(dir))),
    Size: sizeText(double, allocatedBytes(dir), String(sizeGB(dir))),
  };
  const time = isSince(double, '2.31.0') ? { Accessed: ago(accessed(dir), Date.now()) } : {};
  return { Source: source, Name: name, ...sizes, ...time, State: state };
}

function sizeText(double: Double, bytes: number, plain: string): string {
  return isSince(double, '2.35.1') ? humanBytes(bytes) : plain;
}

export async function get(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments({ command: 'get', choices: FORMATS, positionals: ['name'] }, argv);
  const [name = ''] = args.positionals;
  const dir = openVm(double, name);
  const config = readConfig(dir);
  const state = await stateOf(double, name);
  const { width, height, unit = '' } = config.display;
  const size = (allocatedBytes(dir) / 1e9).toFixed(3);
  const hardware = { OS: config.os, CPU: config.cpuCount, Memory: config.memorySize / MIB };
  const shown = { DiskFormat: config.diskFormat, Display: `${width}x${height}${unit}`, State: state };
  if (args.value('--format') === 'json') {
    const running = { Disk: diskGB(dir), Size: size, Running: state === 'running' };
    print(prettyJson({ ...hardware, ...running, ...shown }));
    return;
  }
  const row = {
    OS: config.os,
    CPU: String(hardware.CPU),
    Memory: String(hardware.Memory),
    Disk: sizeText(double, diskBytes(dir), String(diskGB(dir))),
    DiskFormat: shown.DiskFormat,
    Size: sizeText(double, allocatedBytes(dir), size),
    Display: shown.Display,
    State: state,
  };
  print(table([row]));
}

export async function fqn(double: Double, argv: readonly string[]): Promise<void> {
  const [name = ''] = parseArguments({ command: 'fqn', positionals: ['name'] }, argv).positionals;
  const remote = parseRemote(name);
  if (remote === undefined) {
    print(name);
    return;
  }
  const digest = digestOf(cacheRoot(double), remote);
  if (digest === undefined) {
    throw runtime(`OCI storage error: ${textOf(remote)} is not a digest and doesn't point to a digest`);
  }
  print(textOf({ ...remote, kind: 'digest', reference: digest }));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
