/** How tart says that something went wrong: which text, with or without a prefix, and which exit code. */

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(stderr: string, exitCode: number) {
    super(stderr);
    this.exitCode = exitCode;
  }
}

/** Class A: the bare message. */
export function runtime(message: string, exitCode = 1): Failure {
  return new Failure(message, exitCode);
}

/** Class B: an argument error, with usage. */
export function invalid(command: string, message: string): Failure {
  const usage = `Usage: tart ${command} [<options>]\n  See 'tart ${command} --help' for more information.`;
  return new Failure(`Error: ${message}\n${usage}`, 64);
}

/** Class C: any other error of the body. */
export function other(message: string): Failure {
  return new Failure(`Error: ${message}`, 1);
}

export function missingVm(name: string): Failure {
  return runtime(`the specified VM "${name}" does not exist`, 2);
}

export function notRunning(name: string): Failure {
  return runtime(`VM "${name}" is not running`, 2);
}
