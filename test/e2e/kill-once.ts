/** Kills the agent once in the middle of a scene, as the kernel would, starts it again, and looks how long it takes to be back. */
import { until } from '../support/until.ts';
import type { Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import type { Killed } from './summary.ts';

/** A job is not in the midst of its work the moment it starts. */
const SETTLED_MS = 300;

export class KillOnce {
  readonly #stage: Stage;
  readonly #when: Scene['killAgent'];
  #killed: Promise<Killed> | null = null;
  #isDown = false;
  #words: string | null = null;

  constructor(stage: Stage, when: Scene['killAgent']) {
    this.#stage = stage;
    this.#when = when;
  }

  /** True while nobody answers the control socket. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** For the picture; null before the kill. */
  get words(): string | null {
    return this.#words;
  }

  /** To be called again and again: kills as soon as the scene has come so far. */
  look(): void {
    if (!this.#when || this.#killed) return;
    const jobs = this.#stage.github.jobs();
    const ended = jobs.filter(({ status }) => status === 'completed').length;
    const running = jobs.filter(
      ({ status, startedAt }) => status === 'in_progress' && Date.now() - (startedAt ?? 0) > SETTLED_MS,
    );
    // Later one job will do: two may never come to run at the same time on a slow machine.
    const needed = ended > this.#when.ended + 1 ? 1 : this.#when.running;
    if (ended < this.#when.ended || running.length < needed) return;
    this.#isDown = true;
    this.#killed = this.#kill(running.map(({ name, runnerName }) => ({ name, runner: runnerName ?? '' })));
    this.#killed.catch(() => undefined); // Told by `outcome`, when the scene is over.
  }

  /** Null when it never came to it. @throws what kept the agent from coming back */
  async outcome(): Promise<Killed | null> {
    return this.#killed;
  }

  async #kill(running: Killed['running']): Promise<Killed> {
    this.#words = `killed while ${running.length} jobs run`;
    await this.#stage.stopAgent('SIGKILL');
    const startedMs = Date.now();
    await this.#stage.startAgent();
    this.#isDown = false;
    let followedMs = startedMs;
    for (const { runner } of running) {
      await until(async () => {
        const atMs = await this.#firstHeardOf(runner, startedMs);
        followedMs = Math.max(followedMs, atMs ?? 0);
        return atMs !== null;
      });
    }
    const readoptMs = followedMs - startedMs;
    this.#words = `killed and restarted: ${running.length} jobs running, re-adopted in ${readoptMs} ms`;
    return { running, readoptMs };
  }

  /** When the new agent first said something of that runner. */
  async #firstHeardOf(runner: string, sinceMs: number): Promise<number | null> {
    let first: number | null = null;
    await this.#stage.events(0, ({ subject, atMs }) => {
      if (subject === runner && atMs >= sinceMs) first ??= atMs;
    });
    return first;
  }
}
