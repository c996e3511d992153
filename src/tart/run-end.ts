/**
 * How a VM ended, by the last words of its `tart run`. A pure table; an exit code says nothing, it is 0 for most of these.
 * Source of the words: openai/tart: Sources/tart/VM.swift, Commands/Run.swift.
 */

export type RunEnd =
  /** The guest shut itself down. */
  | 'powered-off'
  /** Somebody ended it from outside: `tart stop`, or a signal, which leaves no words at all. */
  | 'stopped'
  /** The guest, or the system that serves it, broke. */
  | 'crashed'
  /** The host's disk had no room for what the guest wrote. */
  | 'disk-full'
  /** The VM dies with its network, whatever the guest did. */
  | 'network-lost'
  /** What filters the guest's network died. */
  | 'filter-lost'
  | 'suspended'
  /** It never ran, or for a reason that has no words of its own. */
  | 'failed';

const WORDS: readonly (readonly [RegExp, RunEnd])[] = [
  [
    /No space left on device|isn.t enough (free )?space|ENOSPC|errno 28\b|NSPOSIXErrorDomain Code=28\b/i,
    'disk-full',
  ],
  [/guest has stopped the virtual machine due to error/, 'crashed'],
  [/guest has stopped the virtual machine/, 'powered-off'],
  [/network attachment .* has been disconnected/, 'network-lost'],
  [/Softnet process terminated/, 'filter-lost'],
  [/snapshot created successfully/, 'suspended'],
  [/^Stopping VM/, 'stopped'],
];
/** With less than this a crash needs no further explanation: the words for it are the framework's, and not all known. */
const FULL_BYTES = 512 * 1024 ** 2;

/** `freeBytes`: of the VMs' volume, null when it cannot be read. */
export function endOfRun(lastWords: string, freeBytes: number | null): RunEnd {
  const end = WORDS.find(([says]) => says.test(lastWords))?.[1] ?? 'failed';
  const isFull = freeBytes !== null && freeBytes < FULL_BYTES;
  return end === 'crashed' && isFull ? 'disk-full' : end;
}
