/** One call of the `tart` program, with a deadline, and with its failures understood. */
import { hasCode, MacrunnerError } from '../core/error.ts';
import type { Wrap } from '../lib/command.ts';
import { failureOf } from '../lib/command-failure.ts';
import { type RunResult, run } from '../lib/run.ts';
import { classify, INSTALL_HINT } from './errors.ts';

export interface TartProgram {
  /** Absolute path of the program. */
  readonly tart: string;
  /** As which user and with which environment it runs, see `host/as-vm-user.ts`. */
  readonly wrap: Wrap;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly input?: string;
  readonly okExitCodes?: readonly number[];
  readonly maxBytes?: number;
}

/** `does not exist`, `not running` and `already running` of every subcommand but `run`. */
export const ABSENT_EXIT_CODE = 2;

/** @throws {@link MacrunnerError} as `errors.ts` classifies; `command-timed-out`; `command-missing` with what to do */
export async function callTart(
  program: TartProgram,
  args: readonly string[],
  options: CallOptions,
): Promise<RunResult> {
  const command = program.wrap([program.tart, ...args]);
  try {
    return await run(command.file, command.args, { ...options, env: command.env, cwd: command.cwd });
  } catch (error) {
    throw understood(args[0] ?? '', options.timeoutMs, error);
  }
}

function understood(command: string, timeoutMs: number, error: unknown): unknown {
  if (hasCode(error, 'command-timed-out')) {
    return new MacrunnerError(
      'command-timed-out',
      `tart ${command} took longer than ${timeoutMs / 1_000} s`,
      {
        cause: error,
      },
    );
  }
  if (hasCode(error, 'command-missing')) {
    return new MacrunnerError('command-missing', 'tart is not there', { hint: INSTALL_HINT, cause: error });
  }
  const failure = failureOf(error);
  if (failure === undefined) return error;
  const { exitCode, stdout, stderr } = failure;
  return classify({ command, exitCode, stdout, stderr }, error);
}
