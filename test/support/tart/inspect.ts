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

/** The columns that changed: `Disk` is there since 2.7.0, `SizeOnDisk` from 2.15.0 until 2.31.0, which brought `Accessed`. */
function sizesOf<T>(
  double: Double,
  shown: { disk: T; size: T; accessed: string },
): Record<string, T | string> {
  if (isSince(double, '2.31.0')) return { Disk: shown.disk, Size: shown.size, Accessed: shown.accessed };
  const onDisk = isSince(double, '2.15.0') ? { SizeOnDisk: shown.size } : {};
  return { ...(isSince(double, '2.7.0') ? { Disk: shown.disk } : {}), Size: shown.size, ...onDisk };
}

function jsonRow(double: Double, { source, name, dir, state }: Row): Readonly<Record<string, unknown>> {
  const time = accessed(dir)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const sizes = sizesOf(double, { disk: diskGB(dir), size: sizeGB(dir), accessed: time });
  return { Source: source, Name: name, ...sizes, Running: state === 'running', State: state };
}

function textRow(double: Double, { source, name, dir, state }: Row): Readonly<Record<string, string>> {
  const sizes = sizesOf(double, {
    disk: sizeText(double, diskBytes(dir), String(diskGB(dir))),
    size: sizeText(double, allocatedBytes(dir), String(sizeGB(dir))),
    accessed: ago(accessed(dir), Date.now()),
  });
  return { Source: source, Name: name, ...sizes, State: state };
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
  const isJson = args.value('--format') === 'json';
  const found = {
    ...(isSince(double, '2.8.0') ? { OS: config.os } : {}),
    CPU: config.cpuCount,
    Memory: config.memorySize / MIB,
    Disk: isJson ? diskGB(dir) : sizeText(double, diskBytes(dir), String(diskGB(dir))),
    ...(isSince(double, '2.28.0') ? { DiskFormat: config.diskFormat } : {}),
    ...(isSince(double, '2.7.0')
      ? { Size: isJson ? size : sizeText(double, allocatedBytes(dir), size) }
      : {}),
    Display: `${width}x${height}${unit}`,
  };
  if (isJson) print(prettyJson({ ...found, Running: state === 'running', State: state }));
  else print(table([{ ...textOfValues(found), State: state }]));
}

function textOfValues(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
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
