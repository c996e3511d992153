/** The one error of the project. Codes are for programs, the message for people, the hint for what to do next. */

export type ErrorCode =
  | 'command-failed'
  | 'command-timed-out'
  | 'command-missing'
  | 'output-unreadable'
  | 'config-invalid'
  | 'secret-unreadable'
  | 'host-unfit'
  | 'already-running'
  | 'daemon-unreachable'
  | 'not-found'
  | 'usage'
  | 'ledger-unreadable'
  | 'ledger-unwritable'
  | 'vm-missing'
  | 'vm-exists'
  | 'vm-running'
  | 'vm-not-running'
  | 'vm-limit'
  | 'vm-start-failed'
  | 'vm-held'
  | 'keychain-locked'
  | 'image-missing'
  | 'disk-full'
  | 'guest-unreachable'
  | 'guest-refused'
  | 'github-auth'
  | 'github-forbidden'
  | 'github-rate-limited'
  | 'github-unavailable'
  | 'github-conflict'
  | 'github-not-found'
  | 'github-refused';

/** The only error this project throws on purpose; anything else that escapes is a bug. */
export class MacrunnerError extends Error {
  override readonly name = 'MacrunnerError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** True when `error` is ours and carries one of `codes`. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is MacrunnerError {
  return error instanceof MacrunnerError && codes.includes(error.code);
}
