/** How a terminal or launchd ends the program: the first signal asks, the second one does not ask again. */
import { constants } from 'node:os';

export interface Signals {
  /** Aborts on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  release(): void;
}

export function watchSignals(host: NodeJS.Process): Signals {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) host.exit(128 + constants.signals[name]);
    controller.abort();
  };
  // `macrunner events -f | head`: the reader has seen enough, which is no failure.
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    host.exit(0);
  };
  host.on('SIGINT', onSignal);
  host.on('SIGTERM', onSignal);
  host.stdout.on('error', onError);
  return {
    signal: controller.signal,
    release() {
      host.off('SIGINT', onSignal);
      host.off('SIGTERM', onSignal);
    },
  };
}

/** True when `error` is only the echo of the signal's abort. */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
