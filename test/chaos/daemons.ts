/** The daemon's lives: begun from one bundle or the other, ended by SIGKILL or as an upgrade ends them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../e2e/stage.ts';
import { type Chronicle, type Life, note } from './chronicle.ts';
import type { Dice } from './dice.ts';

export interface Bundle {
  readonly version: string;
  readonly file: string;
}

/** How often the next life comes from the other bundle. */
const CHANGES = 0.4;
/** An agent that is told to end has this long. */
const ENDING_MS = 5_000;

export class Daemons {
  readonly #stage: Stage;
  readonly #chronicle: Chronicle;
  readonly #bundles: readonly Bundle[];
  readonly #dice: Dice;
  #bundle: Bundle;
  #upgrades = 0;

  constructor(stage: Stage, chronicle: Chronicle, bundles: readonly Bundle[], dice: Dice) {
    this.#stage = stage;
    this.#chronicle = chronicle;
    this.#bundles = bundles;
    this.#dice = dice;
    this.#bundle = dice.pick(bundles);
  }

  /** How often a life was followed by one of the other version. */
  get upgrades(): number {
    return this.#upgrades;
  }

  /** Starts the next life; what it returns waits until that serves. */
  begin(): () => Promise<void> {
    if (this.#chronicle.lives.length > 0 && this.#dice.happens(CHANGES)) this.#change();
    return this.#begin();
  }

  async kill(moment: string): Promise<void> {
    const life = this.#present();
    if (!this.#stage.isAgentAlive) this.#chronicle.complaints.push(`the daemon ended by itself, ${moment}`);
    note(this.#chronicle, `the daemon is killed ${moment}`);
    const open = [...this.#stage.github.world.openJobs];
    life.jobsAtKill = open.filter(({ status }) => status === 'in_progress').length;
    await this.#stage.stopAgent('SIGKILL');
    life.endedMs = Date.now();
    life.living = await livingVms(this.#stage);
  }

  /** As an installer does it: the present one is told to end, and another version starts. */
  async upgrade(): Promise<() => Promise<void>> {
    await this.end();
    this.#change();
    return this.#begin();
  }

  async end(): Promise<void> {
    const life = this.#present();
    note(this.#chronicle, 'the daemon is told to end');
    const tookMs = await this.#stage.stopAgent('SIGTERM');
    life.endedMs = Date.now();
    life.living = await livingVms(this.#stage);
    if (tookMs > ENDING_MS)
      this.#chronicle.complaints.push(`the daemon took ${Math.round(tookMs)} ms to end when told to`);
  }

  #begin(): () => Promise<void> {
    const { version, file } = this.#bundle;
    const life: Life = {
      version,
      startedMs: Date.now(),
      endedMs: null,
      living: [],
      jobsAtKill: null,
    };
    const serving = this.#stage.spawnAgent(file);
    this.#chronicle.lives.push(life);
    note(this.#chronicle, `the daemon starts as version ${version}`);
    return async () => {
      await serving();
      note(this.#chronicle, 'the daemon serves');
    };
  }

  #change(): void {
    const others = this.#bundles.filter((bundle) => bundle !== this.#bundle);
    this.#bundle = this.#dice.pick(others);
    this.#upgrades += 1;
  }

  #present(): Life {
    const life = this.#chronicle.lives.at(-1);
    if (!life) throw new Error('no daemon was ever begun');
    return life;
  }
}

/** VMs of ours whose `tart run` lives. */
export async function livingVms(stage: Stage): Promise<readonly string[]> {
  const names = readdirSync(join(stage.tart.home, 'vms')).filter((name) => name.startsWith('mr-'));
  const alive = await Promise.all(names.map((name) => stage.tart.isRunning(name)));
  return names.filter((_, at) => alive[at]);
}
