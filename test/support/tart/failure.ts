/** How tart says that something went wrong: which text, with or without a prefix, and which exit code. */

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(stderr: string, exitCode: number) {
    super(stderr);
    this.exitCode = exitCode;
  }
}

const ROOT_USAGE = "Usage: tart <subcommand>\n  See 'tart --help' for more information.";

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

/** Class C2: an argument error that the body found, with the usage of the whole program. */
export function invalidInBody(message: string): Failure {
  return new Failure(`Error: ${message}\n${ROOT_USAGE}`, 64);
}

export function missingVm(name: string): Failure {
  return runtime(`the specified VM "${name}" does not exist`, 2);
}

export function notRunning(name: string): Failure {
  return runtime(`VM "${name}" is not running`, 2);
}

export function alreadyRunning(name: string): Failure {
  return runtime(`VM "${name}" is running`);
}

/** What a command cancelled by SIGINT ends with. */
export function cancelled(): Failure {
  return other('CancellationError()');
}
