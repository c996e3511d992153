/** What is kept of a program that failed, behind the error that `run.ts` throws. */
import { MacrunnerError } from '../core/error.ts';

const KEPT_CHARS = 16_384;

/** The `cause` of `command-failed` and `command-timed-out`. Both texts are the last 16,384 characters. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    message: string,
    facts: { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string },
  ) {
    super(message);
    this.exitCode = facts.exitCode;
    this.stdout = keepEnd(facts.stdout);
    this.stderr = keepEnd(facts.stderr);
  }
}

/** The facts of a failed program behind `error`, or undefined when it is something else. */
export function failureOf(error: unknown): CommandFailure | undefined {
  return error instanceof MacrunnerError && error.cause instanceof CommandFailure ? error.cause : undefined;
}

/** The end of a program's words, where the reason for a failure stands. */
export function keepEnd(text: string): string {
  return text.slice(-KEPT_CHARS);
}
