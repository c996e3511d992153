/** The guest port over `tart exec`: no network, no SSH, secrets on standard input only. */
import { hasCode, MacrunnerError } from '../core/error.ts';
import type { Guest, RunnerCredential } from '../core/ports.ts';
import { classify } from './errors.ts';
import { FOLLOW_LIMITS, type FollowLimits, followGuest } from './follow.ts';
import { callTart, type TartProgram } from './tart.ts';

export interface GuestOptions extends TartProgram {
  readonly limits?: Partial<FollowLimits>;
  /** For `deliver` and `verdict`, in ms. Default 45,000: above tart's own wait for the guest agent. */
  readonly answerMs?: number;
  /** A line of the event stream that was no event. */
  readonly onMalformed?: (vm: string) => void;
}

const BIN = '/usr/local/macrunner-guest/bin';
const SECRET_BYTES = 128 * 1024;
const MOST_VARIABLES = 64;
/** Any exit code is an answer: 1, 2 and 64 may be tart's or the guest's, the sentinel decides. */
const ALL_EXIT_CODES = Array.from({ length: 256 }, (_, code) => code);

export function createGuest(options: GuestOptions): Guest {
  const { tart, wrap, answerMs = 45_000, onMalformed = () => undefined } = options;
  const program: TartProgram = { tart, wrap };
  const limits = { ...FOLLOW_LIMITS, ...options.limits };

  /** Runs a guest program and waits for the last line `<name>: ok`. */
  async function ask(vm: string, name: string, args: readonly string[], input: string, signal: AbortSignal) {
    const command = ['exec', '-i', vm, `${BIN}/${name}`, ...args];
    const call = { timeoutMs: answerMs, signal, input, okExitCodes: ALL_EXIT_CODES, maxBytes: 64 * 1024 };
    const { stdout, stderr, exitCode } = await callTart(program, command, call).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!hasCode(error, 'command-timed-out', 'command-failed')) throw error;
      // Without the cause: it would carry what the guest said about a secret.
      throw new MacrunnerError('guest-unreachable', `${name} in ${vm} did not end within ${answerMs} ms`);
    });
    const sentinel = `macrunner-${name}: `;
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    if (last === `${sentinel}ok`) return;
    if (last.startsWith(`${sentinel}refused`)) throw refused(vm, name, last.slice(sentinel.length));
    throw noSentinel(vm, name, { exitCode, stderr });
  }

  return {
    follow: (vm, from, follower, signal) =>
      followGuest({ program, vm, from, follower, signal, limits, onMalformed }),
    deliver: async (vm, credential, signal) => ask(vm, 'bootstrap', [], credentialText(credential), signal),
    verdict: async (vm, n, verdict, signal) =>
      ask(vm, 'verdict', [String(n)], `${JSON.stringify(verdict)}\n`, signal),
  };
}

/** One line of JSON. @throws `config-invalid` when it could not be taken by a guest */
function credentialText({ jitConfig, environment }: RunnerCredential): string {
  const names = Object.keys(environment);
  const wrong = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name));
  if (wrong !== undefined) {
    throw new MacrunnerError('config-invalid', `${JSON.stringify(wrong)} is no name of a variable`);
  }
  const text = `${JSON.stringify({ jitConfig, environment })}\n`;
  if (names.length > MOST_VARIABLES || Buffer.byteLength(text) > SECRET_BYTES) {
    throw new MacrunnerError('config-invalid', "the runner's environment is too large for a guest", {
      hint: `at most ${MOST_VARIABLES} variables and ${SECRET_BYTES / 1_024} KiB in all`,
    });
  }
  return text;
}

function refused(vm: string, name: string, words: string): MacrunnerError {
  const why = words.replace(/^refused\s*/, '').replace(/\p{Cc}/gu, ' ');
  return new MacrunnerError('guest-refused', `${name} in ${vm} refused: ${why.slice(0, 200) || 'no reason'}`);
}

/** The guest's own words are left out: standard error may be its, and may repeat a secret. */
function noSentinel(
  vm: string,
  name: string,
  { exitCode, stderr }: { exitCode: number; stderr: string },
): MacrunnerError {
  const { code, hint } = classify({ command: 'exec', exitCode, stdout: '', stderr });
  const kept = code === 'command-failed' ? 'guest-unreachable' : code;
  return new MacrunnerError(kept, `${name} in ${vm} gave no answer (exit code ${exitCode})`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
