/** Signs that the daemon is in the midst of something, seen from outside: calls of tart, requests at GitHub, jobs at their gate. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Stage } from '../e2e/stage.ts';

export const SIGNS = ['clone', 'mint', 'gate', 'teardown'] as const;
export type Sign = (typeof SIGNS)[number];

const LOOK_EVERY_MS = 10;

export class Signs {
  readonly #stage: Stage;
  readonly #calls: string;
  readonly #counts = { clone: 0, mint: 0, gate: 0, teardown: 0 };
  #callBytes = 0;
  #rest = '';
  #requests = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#calls = join(stage.tart.home, '..', 'calls.ndjson');
    stage.github.world.jobWatchers.push(({ status }) => {
      if (status === 'in_progress') this.#counts.gate += 1;
    });
  }

  /** Resolves with true when `sign` shows anew, false after `limitMs`. */
  async next(sign: Sign, limitMs: number): Promise<boolean> {
    this.#look();
    const before = this.#counts[sign];
    for (const endMs = performance.now() + limitMs; performance.now() < endMs; await wait(LOOK_EVERY_MS)) {
      this.#look();
      if (this.#counts[sign] > before) return true;
    }
    return false;
  }

  #look(): void {
    for (const line of this.#newCalls()) {
      const { command }: { command: string } = JSON.parse(line);
      if (command === 'clone') this.#counts.clone += 1;
      if (command === 'stop' || command === 'delete') this.#counts.teardown += 1;
    }
    const { requests } = this.#stage.github.world;
    this.#counts.mint += requests
      .slice(this.#requests)
      .filter(({ route }) => route === 'generate-jit-config').length;
    this.#requests = requests.length;
  }

  /** Only what was appended: the whole log grows long. */
  #newCalls(): readonly string[] {
    if (!existsSync(this.#calls)) return [];
    const file = openSync(this.#calls, 'r');
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.#callBytes);
      this.#callBytes += readSync(file, bytes, 0, bytes.length, this.#callBytes);
      const lines = (this.#rest + bytes.toString('utf8')).split('\n');
      this.#rest = lines.pop() ?? '';
      return lines;
    } finally {
      closeSync(file);
    }
  }
}
