/** One attachment to a guest's event stream: numbered lines over one `tart exec`, with bounds on silence and size. */
import { MacrunnerError } from '../core/error.ts';
import type { GuestFollower } from '../core/ports.ts';
import { followLines } from '../lib/run.ts';
import { classify } from './errors.ts';
import { readGuestLine } from './guest-lines.ts';
import type { TartProgram } from './tart.ts';

export interface FollowLimits {
  /** To the first line; tart itself waits about 30 s for the guest agent. */
  readonly firstLineMs: number;
  /** Three heartbeats. */
  readonly silenceMs: number;
  readonly lineBytes: number;
  readonly streamBytes: number;
}

export const FOLLOW_LIMITS: FollowLimits = {
  firstLineMs: 35_000,
  silenceMs: 45_000,
  lineBytes: 8_192,
  streamBytes: 16 * 1024 * 1024,
};

export interface Attachment {
  readonly program: TartProgram;
  readonly vm: string;
  readonly from: number;
  readonly follower: GuestFollower;
  readonly signal: AbortSignal;
  readonly limits: FollowLimits;
  /** A line that was no event: broken, too long. It is ignored. */
  readonly onMalformed: (vm: string) => void;
}

export const EVENTS = '/usr/local/macrunner-guest/bin/events';
const SILENT = Symbol('silent');

/** Resolves when the stream ends or falls silent. @throws `guest-unreachable` (it never began), `output-unreadable` (a gap, a flood) */
export async function followGuest(attachment: Attachment): Promise<void> {
  const { program, vm, from, signal, limits } = attachment;
  const command = program.wrap([program.tart, 'exec', vm, EVENTS, String(from)]);
  const ending = new AbortController();
  const unreachable = new MacrunnerError('guest-unreachable', `the guest ${vm} does not answer`);
  let hasAnswered = false;
  let timer = setTimeout(() => ending.abort(unreachable), limits.firstLineMs);
  const read = createReader(attachment, () => {
    hasAnswered = true;
    clearTimeout(timer);
    timer = setTimeout(() => ending.abort(SILENT), limits.silenceMs);
  });
  try {
    const { exitCode, stderr } = await followLines(command.file, command.args, {
      signal: AbortSignal.any([signal, ending.signal]),
      onLine: read,
      maxLineBytes: limits.lineBytes,
      env: command.env,
      cwd: command.cwd,
    });
    if (!hasAnswered) throw neverBegan(vm, exitCode, stderr);
  } catch (error) {
    if (error !== SILENT) throw error;
  } finally {
    clearTimeout(timer);
  }
}

function createReader(attachment: Attachment, onSign: () => void) {
  const { vm, from, follower, limits, onMalformed } = attachment;
  let next = from;
  let seenBytes = 0;
  let isFirst = true;
  return (text: string, wasCut: boolean): void => {
    seenBytes += Buffer.byteLength(text) + 1;
    if (seenBytes > limits.streamBytes) throw unreadable(vm, 'sends too much');
    const line = readGuestLine(text, wasCut);
    if (line.n !== undefined && line.n > next) {
      throw unreadable(vm, `skipped from event ${next} to ${line.n}`);
    }
    const isRepeat = line.n !== undefined && line.n < next;
    if (line.n === next) next += 1;
    if (line.kind === 'malformed') {
      onMalformed(vm);
      return;
    }
    onSign();
    if (isFirst) follower.onAnswer();
    isFirst = false;
    follower.onLife();
    if (line.kind === 'event' && !isRepeat) follower.onEvent(line.event);
  };
}

function unreadable(vm: string, what: string): MacrunnerError {
  return new MacrunnerError('output-unreadable', `the guest ${vm} ${what}`);
}

/** Keeps what tart says of a VM that is missing or stopped; everything else is a guest that does not answer. */
function neverBegan(vm: string, exitCode: number | null, stderr: string): MacrunnerError {
  const error = classify({ command: 'exec', exitCode, stdout: '', stderr });
  if (error.code !== 'command-failed') return error;
  return new MacrunnerError('guest-unreachable', `the guest ${vm} ended its event stream before it began`, {
    cause: error,
  });
}
