/**
 * The host's side of the VMs' network: the DHCP server's file of leases, in the format of /var/db/dhcpd_leases, and the
 * ARP table in that of `arp -an`. Neither is ever cleared by the end of a VM.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, other } from './failure.ts';
import { withLock } from './lock.ts';
import type { Double } from './settings.ts';

interface Lease {
  readonly mac: string;
  readonly address: string;
  readonly expiresMs: number;
}

/** Beside the lease of softnet's own, which it sets for the whole host. */
const SOFTNET_LEASE_SECONDS = 600;

function leasesFile(double: Double): string {
  return join(double.dir, 'dhcpd_leases');
}

function arpFile(double: Double): string {
  return join(double.dir, 'arp');
}

/** The unexpired lease of a MAC that ends last. @throws the real one's words when the file is half-written */
export function leasedAddress(double: Double, mac: string): string | undefined {
  const leases = readLeases(double)
    .filter((lease) => lease.mac === shortMac(mac) && lease.expiresMs > Date.now())
    .toSorted((a, b) => b.expiresMs - a.expiresMs);
  return leases[0]?.address;
}

function readLeases(double: Double): readonly Lease[] {
  const file = leasesFile(double);
  if (!existsSync(file)) return [];
  const leases: Lease[] = [];
  let fields: Map<string, string> | undefined;
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  for (const [at, line] of lines.entries()) {
    if (line === '{') {
      if (fields !== undefined) throw unexpected('unexpected lease block start ({)', at + 1);
      fields = new Map();
    } else if (line === '}') {
      if (fields === undefined) throw unexpected('unexpected lease block end (})', at + 1);
      leases.push(...leaseOf(fields));
      fields = undefined;
    } else {
      const [, key, value] = /^\s*([^=]+)=(.+)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) {
        throw unexpected('key-value pair with only a key', at + 1);
      }
      fields?.set(key, value);
    }
  }
  if (fields !== undefined) throw other('Truncated(name: "truncated DHCPD leases file")');
  return leases;
}

function unexpected(message: string, line: number) {
  const name = 'unexpected DHCPD leases file format';
  return other(`UnexpectedFormat(name: "${name}", message: "${message}", line: ${line})`);
}

/** A client that names itself by a DUID instead of its MAC never matches. */
function leaseOf(fields: ReadonlyMap<string, string>): readonly Lease[] {
  const [type, mac] = (fields.get('hw_address') ?? '').split(',');
  const address = fields.get('ip_address');
  const lease = Number(fields.get('lease'));
  if (type !== '1' || mac === undefined || address === undefined || Number.isNaN(lease)) return [];
  return [{ mac, address, expiresMs: lease * 1_000 }];
}

/** `5e:0:0:0:0:1`: without leading zeros, as the server writes it. */
function shortMac(mac: string): string {
  return mac
    .split(':')
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}

/** Lends the address that the MAC had, or the first that nobody has; undefined when all are lent. */
export function lendAddress(
  double: Double,
  mac: string,
  how: { readonly isBridged: boolean; readonly isFiltered: boolean },
): Promise<string | undefined> {
  return withLock(join(double.dir, 's/network'), () => {
    const { prefix, first, last, leaseSeconds } = double.settings.dhcp;
    const valid = intactLeases(double).filter((lease) => lease.expiresMs > Date.now());
    const own = valid.find((lease) => lease.mac === shortMac(mac))?.address;
    const taken = new Set(valid.map((lease) => lease.address));
    const pool = Array.from({ length: last - first + 1 }, (_, at) => `${prefix}.${first + at}`);
    const address = own ?? pool.find((candidate) => !taken.has(candidate));
    if (address === undefined) return undefined;
    const seconds = how.isFiltered ? SOFTNET_LEASE_SECONDS : leaseSeconds;
    const kept = valid.filter((lease) => lease.address !== address);
    const lease = { mac: shortMac(mac), address, expiresMs: Date.now() + seconds * 1_000 };
    // A bridged VM's address comes from elsewhere: this host's server knows nothing of it.
    if (!how.isBridged) writeWhole(leasesFile(double), [...kept, lease].map(textOf).join(''));
    if (!how.isFiltered) noteNeighbour(double, lease);
    return address;
  });
}

/** The server writes over a file that it cannot read. */
function intactLeases(double: Double): readonly Lease[] {
  try {
    return readLeases(double);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

function textOf(lease: Lease): string {
  const time = `0x${Math.floor(lease.expiresMs / 1_000).toString(16)}`;
  const fields = [`ip_address=${lease.address}`, `hw_address=1,${lease.mac}`, `identifier=1,${lease.mac}`];
  return ['{', '\tname=admin', ...fields.map((field) => `\t${field}`), `\tlease=${time}`, '}', ''].join('\n');
}

function noteNeighbour(double: Double, { mac, address }: Lease): void {
  const lines = neighbourLines(double).filter(
    (line) => !line.includes(`(${address})`) && !line.includes(` ${mac} `),
  );
  const line = `? (${address}) at ${mac} on bridge100 ifscope [bridge]`;
  writeWhole(arpFile(double), `${[...lines, line].join('\n')}\n`);
}

function neighbourLines(double: Double): readonly string[] {
  if (!existsSync(arpFile(double))) return [];
  return readFileSync(arpFile(double), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** What the ARP table says of a MAC; one odd line spoils it all. */
export function neighbourAddress(double: Double, mac: string): string | undefined {
  for (const line of neighbourLines(double)) {
    const [, address, found] = /^.* \((.*)\) at (.*) on .* .*$/.exec(line) ?? [];
    if (address === undefined || found === undefined) {
      const explanation = `unparseable entry "${line}"`;
      throw other(`arp command yielded invalid output: ${explanation}`);
    }
    if (found === shortMac(mac)) return address;
  }
  return undefined;
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
