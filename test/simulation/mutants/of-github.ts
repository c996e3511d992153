/** Rules of the way to GitHub: the queue, its messages and sessions, runner records. */
import type { Mutant } from './mutant.ts';

export const GITHUB_MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledges-before-handing-over',
    file: 'github/queue-loop.ts',
    find: '      await this.#listener.onMessage({',
    replace: `      await this.#withToken((session) =>
        acknowledge(this.#deps.context, session, messageId, this.#signal),
      ).catch(() => undefined);
      await this.#listener.onMessage({`,
    breaks: ['I9'],
  },
  {
    name: 'acknowledges-nothing',
    file: 'github/queue-loop.ts',
    find: 'await this.#withToken((session) => acknowledge(this.#deps.context, session, messageId, this.#signal));',
    replace: '',
    breaks: ['liveness'],
  },
  {
    name: 'forgets-former-session',
    file: 'github/queue-loop.ts',
    find: 'const former = this.#listener.formerSession();',
    replace: 'const former = null;',
    breaks: ['I10'],
  },
  {
    name: 'session-lost-for-ever',
    file: 'github/session.ts',
    find: "if (error instanceof GitHubError && error.code === 'github-not-found') return null;",
    replace: '',
    breaks: ['liveness'],
  },
  {
    name: 'scale-set-lost-for-ever',
    file: 'github/scale-set.ts',
    find: 'if (!(error instanceof GitHubError) || error.status !== 404) throw error;',
    replace: 'if (error) throw error;',
    breaks: ['liveness', 'I9'],
  },
  {
    name: 'asks-again-without-a-pause',
    file: 'github/patience.ts',
    find: 'const backoffMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** (failures - 1));',
    replace: 'const backoffMs = 0 * backoffMaxMs * backoffBaseMs * failures;',
    breaks: ['liveness'],
  },
  {
    name: 'removes-what-is-busy',
    file: 'github/runner-records.ts',
    find: "if (isOf(error, 'JobStillRunningException')) return 'busy';",
    replace: "if (isOf(error, 'JobStillRunningException')) return 'removed';",
    breaks: ['I10'],
  },
  {
    name: 'leaves-offers',
    file: 'github/offers.ts',
    find: 'if (!this.#areUsed || !this.#isNews || room.capacity <= 0) return;',
    replace: 'if (this.#areUsed || !this.#isNews || room.capacity <= 0) return;',
    breaks: ['liveness'],
  },
  {
    name: 'announces-nothing-instead-of-resting',
    file: 'github/resting.ts',
    find: 'return capacity() === 0 && ',
    replace: 'return capacity() < 0 && ',
    breaks: ['liveness', 'I9'],
  },
  {
    name: 'rests-for-good',
    file: 'github/resting.ts',
    find: 'await held.run(listener.capacity, signal, (_, cut) => pause(context.time, COUNT_EVERY_MS, cut));',
    replace: 'await pause(context.time, 1_000 * COUNT_EVERY_MS, signal);',
    breaks: ['liveness', 'I9'],
  },
];
