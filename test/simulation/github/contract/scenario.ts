/** How a scenario is written. Each waits for quiet before its next step, so that its order is the only one. */
import { type Host, hostOn, type Knobs, type Stage } from './stage.ts';

export interface Scenario {
  readonly knobs?: Knobs;
  /** Answers the hosts whose hearing is compared. */
  readonly play: (stage: Stage, signal: AbortSignal) => Promise<readonly Host[]>;
}

/** The labels of a job that every host takes. */
export const JOB = ['xcode-26'];

export const hears = (host: Host, word: string) => () => host.heard.some((line) => line.includes(word));
export const runnerName = (n: number) => `mr-abc123-ios-0000000${n}`;

/** One host that listens; ends it afterwards. */
export function listening(
  knobs: Knobs,
  work: (stage: Stage, host: Host, signal: AbortSignal) => Promise<void>,
): Scenario {
  return {
    knobs,
    async play(stage, signal) {
      const host = hostOn(stage);
      await host.listen();
      await work(stage, host, signal);
      await host.settled();
      await host.end();
      return [host];
    },
  };
}
