/** A program that is ready to be run: what `run.ts` needs to start it, and nothing about when or why. */

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Turns an argument vector, program first, into the command that runs it: as another user, with an environment … */
export type Wrap = (argv: readonly string[]) => Command;
