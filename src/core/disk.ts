/** When a host's disk counts as short. It comes back only well above the floor: evicted VMs give back some space each. */

const GIB = 1024 ** 3;
const LEAST_MARGIN_BYTES = 5 * GIB;
const MARGIN = 0.1;

/** True from below the floor on, until a tenth of the floor more, or 5 GiB if that is more, is free again. */
export function isDiskShort(wasShort: boolean, freeBytes: number, floorBytes: number): boolean {
  return freeBytes < (wasShort ? recoveredAt(floorBytes) : floorBytes);
}

/** Bytes that must be free for a short disk to count as ample again. */
export function recoveredAt(floorBytes: number): number {
  return floorBytes + Math.max(LEAST_MARGIN_BYTES, floorBytes * MARGIN);
}
