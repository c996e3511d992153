/** Network sockets of processes, read from the kernel: /proc/net on Linux, `lsof` elsewhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Local addresses (`protocol address:port`) of the processes' sockets that are not loopback. */
export function openToTheWorld(pids: readonly number[]): readonly string[] {
  const found = existsSync('/proc/net/tcp') ? fromProc(pids) : fromLsof(pids);
  return [...new Set(found)];
}

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'] as const;

function fromProc(pids: readonly number[]): readonly string[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  return TABLES.flatMap((table) =>
    readTable(table)
      .filter(({ inode, address }) => inodes.has(inode) && !isLoopback(address))
      .map(({ address }) => `${table} ${address}`),
  );
}

function socketInodes(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = readLink(`/proc/${pid}/fd/${fd}`);
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return []; // The process ended while we looked.
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // Closed while we looked.
  }
}

function readTable(
  table: (typeof TABLES)[number],
): readonly { readonly inode: string; readonly address: string }[] {
  if (!existsSync(`/proc/net/${table}`)) return [];
  return readFileSync(`/proc/net/${table}`, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map((columns) => ({ inode: columns[9] ?? '', address: columns[1] ?? '' }));
}

/** Addresses in /proc/net are hexadecimal words in the machine's byte order; 127.0.0.0/8 ends in 7F here. */
function isLoopback(address: string): boolean {
  const host = address.split(':')[0] ?? '';
  if (host.length === 8) return host.endsWith('7F');
  return host === '00000000000000000000000001000000' || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(host);
}

function fromLsof(pids: readonly number[]): readonly string[] {
  if (pids.length === 0) return [];
  let text = '';
  try {
    text = execFileSync('lsof', ['-nP', '-i', '-a', '-p', pids.join(','), '-F', 'Pn'], {
      encoding: 'utf8',
      timeout: 10_000,
    });
  } catch {
    return []; // lsof ends with 1 when there is nothing to list.
  }
  const names = text.split('\n').filter((line) => line.startsWith('n'));
  return names
    .map((line) => line.slice(1).split('->')[0] ?? '')
    .filter((address) => !address.startsWith('127.') && !address.startsWith('[::1]'));
}
