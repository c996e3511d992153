/** Waits in tests: on a condition, with a deadline, never on a guess of how long something takes. */
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Looks every 10 ms until `condition` holds; a throw counts as "not yet" and is the error's cause at the deadline. That is
 * far off: it is there for what never comes, and a busy machine must not reach it.
 */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 30_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    let last: unknown;
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs) {
      throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`, { cause: last });
    }
    await wait(10);
  }
}
