/** How many addresses macOS has lent to VMs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { leaseNote, leasesInForce } from '../../src/host/dhcp-leases.ts';

const dir = mkdtempSync(join(tmpdir(), 'leases-'));
afterAll(() => rmSync(dir, { recursive: true }));

const NOW_MS = 1_800_000_000_000;

function lease(host: number, expiresMs: number): string {
  const hex = Math.floor(expiresMs / 1_000).toString(16);
  return `{\n\tname=admins-VM\n\tip_address=192.168.64.${host}\n\thw_address=1,5e:0:0:0:0:${host.toString(16)}\n\tidentifier=1,5e:0:0:0:0:${host.toString(16)}\n\tlease=0x${hex}\n}\n`;
}

function file(...leases: readonly string[]): string {
  const path = join(dir, 'dhcpd_leases');
  writeFileSync(path, leases.join(''));
  return path;
}

test('leases that have expired do not count, nor does half of one', () => {
  const path = file(
    lease(2, NOW_MS + 60_000),
    lease(3, NOW_MS - 60_000),
    lease(4, NOW_MS + 1_000),
    '{\n\tname=adm',
  );
  expect(leasesInForce(NOW_MS, path)).toBe(2);
});

test('without a file nothing was lent; what cannot be read is unknown', () => {
  expect(leasesInForce(NOW_MS, join(dir, 'none'))).toBe(0);
  expect(leasesInForce(NOW_MS, dir)).toBeNull();
});

test('from two hundred on it is said, with what to do', () => {
  const hosts = Array.from({ length: 253 }, (_, at) => lease(at + 2, NOW_MS + 60_000));
  const all = leaseNote(leasesInForce(NOW_MS, file(...hosts)));
  expect(all).toContain('253 of 253 addresses');
  expect(all).toContain('DHCPLeaseTimeSecs -int 600');
  expect([leaseNote(0), leaseNote(199), leaseNote(null)]).toEqual([null, null, null]);
  expect(leaseNote(200)).toContain('200 of 253');
});
