/**
 * The addresses that macOS lends to VMs. There are 253 of them, each for a day by default, so a busy host runs out of
 * them without any other sign (openai/tart: docs/faq.md; issues 632, 1097). A diagnosis only: nothing is decided by it.
 */
import { readFileSync } from 'node:fs';

const LEASES = '/var/db/dhcpd_leases';
/** 192.168.64.2 to .254, the network that vmnet makes. */
const ADDRESSES = 253;
const MANY = 200;
const PLIST = '/Library/Preferences/SystemConfiguration/com.apple.InternetSharing.default.plist';

/** Leases that have not expired; null when the file cannot be read. Without a file nothing was ever lent. */
export function leasesInForce(nowMs: number, file: string = LEASES): number | null {
  try {
    const expiries = [...readFileSync(file, 'utf8').matchAll(/^\s*lease=0x([0-9a-f]+)\s*$/gim)];
    return expiries.filter(([, hex = '']) => Number.parseInt(hex, 16) * 1_000 > nowMs).length;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 0 : null;
  }
}

/** What to say about so many leases, and what to do; null when there is room. */
export function leaseNote(inForce: number | null): string | null {
  if (inForce === null || inForce < MANY) return null;
  return (
    `${inForce} of ${ADDRESSES} addresses for VMs are lent out, and a VM without one reaches nothing: ` +
    `lend them for ten minutes with \`sudo defaults write ${PLIST} bootpd -dict DHCPLeaseTimeSecs -int 600\`, ` +
    `then once, with no VM running, \`sudo rm ${LEASES}\`.`
  );
}
