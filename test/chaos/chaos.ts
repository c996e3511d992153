/** The whole of it: a host under steady work, whose daemon is killed again and again, and what was seen of it. */
import { existsSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { IOS, MAC } from '../e2e/acts.ts';
import { forbiddenFlags } from '../e2e/play.ts';
import { openStage, type Stage } from '../e2e/stage.ts';
import { until } from '../support/until.ts';
import { Audit } from './audit.ts';
import { type Chronicle, emptyChronicle, note } from './chronicle.ts';
import { type Bundle, Daemons } from './daemons.ts';
import { killVms, pause } from './deaths.ts';
import { createDice, type Dice } from './dice.ts';
import { Load } from './load.ts';
import { moment, pickMoment } from './moments.ts';
import { Signs } from './signs.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly bundles: readonly Bundle[];
  readonly say: (progress: string) => void;
  readonly signal: AbortSignal;
}

const PROGRESS_EVERY = 5;
/** From so many kills on it is not the time that matters. */
const LONG_RUN = 50;
/** Of the lives that end by a kill, so many are followed by an upgrade in good order first. */
const UPGRADES = 0.1;
const DOWN_MS = 400;
const FIRST_JOB_MS = 30_000;
/** When chaos ends, all that is open comes to its end within this time. */
const ENDING_MS = 90_000;
/** In the last lives no VM dies and no long job begins, so that the end need not wait for them. */
const QUIET_KILLS = 4;

/** Real services wait for minutes; what is waited for here is that they come to it at all. */
const GITHUB = {
  sessionIdleMs: 5_000,
  acquireMs: 10_000,
  runnerLostMs: 15_000,
  cancelGraceMs: 15_000,
  runnerOfflineMs: 10_000,
} as const;

export function openChaosStage(): Promise<Stage> {
  return openStage({
    pools: [{ ...IOS, warm: 1 }, MAC],
    github: GITHUB,
    tart: { bootDelayMs: 300 },
    deadlines: { channelSeconds: 5 },
  });
}

export interface Ended {
  readonly chronicle: Chronicle;
  readonly upgrades: number;
}

/** Plays all of it on the stage, to the end of the last daemon. */
export async function chaos(stage: Stage, options: ChaosOptions): Promise<Ended> {
  const { kills, seed, bundles, signal } = options;
  const chronicle = emptyChronicle();
  const daemons = new Daemons(stage, chronicle, bundles, createDice(seed + 1));
  const load = new Load(stage, chronicle, createDice(seed + 2));
  const audit = new Audit(stage, chronicle);
  const over = new AbortController();
  const quiet = new AbortController();
  const followed = audit.follow(over.signal);
  const deaths = killVms(stage, chronicle, createDice(seed + 3), AbortSignal.any([quiet.signal, signal]));
  const dice = createDice(seed);
  const signs = new Signs(stage);
  const ledgerAt = Math.ceil(kills / 2);
  try {
    await comeToWork(daemons, chronicle, signal);
    for (let kill = 1; kill <= kills && !signal.aborted; kill += 1) {
      if (kills - kill < QUIET_KILLS) {
        quiet.abort();
        load.wane();
      }
      await liveAndDie(daemons, signs, dice, { hasTime: kills >= LONG_RUN, signal });
      if (kill === ledgerAt) loseLedger(stage, chronicle, audit, dice);
      if (kill % PROGRESS_EVERY === 0) options.say(progress(kill, options, chronicle, load));
      await pause(dice.between(0, DOWN_MS), signal);
    }
    if (!signal.aborted) await comeToRest(stage, chronicle, daemons, load);
  } finally {
    load.stop();
    for (const ending of [quiet, over]) ending.abort();
    await Promise.all([followed, deaths]);
  }
  chronicle.complaints.push(...forbiddenFlags(stage));
  return { chronicle, upgrades: daemons.upgrades };
}

/** The first daemon serves until a job runs: kills that come sooner would all meet an empty host. It ends as told. */
async function comeToWork(daemons: Daemons, chronicle: Chronicle, signal: AbortSignal): Promise<void> {
  await daemons.begin()();
  await until(() => chronicle.starts.length > 0 || signal.aborted, FIRST_JOB_MS);
  await daemons.end();
}

async function liveAndDie(
  daemons: Daemons,
  signs: Signs,
  dice: Dice,
  { hasTime, signal }: { readonly hasTime: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let serving = daemons.begin();
  if (dice.happens(UPGRADES)) {
    await serving();
    await pause(dice.between(0, 1_000), signal);
    serving = await daemons.upgrade();
  }
  const words = await moment(pickMoment(dice, hasTime), signs, serving, (ms) => pause(ms, signal));
  await daemons.kill(words);
}

/** The file loses its second half, or all of it, as after a crash of the host. */
function loseLedger(stage: Stage, chronicle: Chronicle, audit: Audit, dice: Dice): void {
  const file = join(stage.home, 'ledger/ledger.db');
  if (!existsSync(file)) return;
  const size = dice.pick([0, 4_096, 20_000]);
  truncateSync(file, size);
  // What was not yet moved from the log into the file would otherwise be put back in place.
  for (const side of ['-wal', '-shm']) rmSync(file + side, { force: true });
  audit.beginAnew();
  note(chronicle, `the ledger is truncated to ${size} bytes`);
}

function progress(kill: number, { kills }: ChaosOptions, { orders, deaths }: Chronicle, load: Load): string {
  const ended = orders.length - load.open;
  return `${kill} of ${kills} kills: ${ended} jobs ended, ${load.open} open, ${deaths.length} VMs killed`;
}

/** Lets all jobs end, then drains the host as an operator would, and ends the daemon. */
async function comeToRest(stage: Stage, chronicle: Chronicle, daemons: Daemons, load: Load): Promise<void> {
  load.close();
  await daemons.begin()();
  try {
    await until(() => load.open === 0, ENDING_MS);
    await stage.cli('drain', '--wait', '--timeout', '30');
    const { problems } = await stage.status();
    chronicle.complaints.push(...problems.map((problem) => `in the end the daemon says: ${problem}`));
  } catch (error) {
    chronicle.complaints.push(
      `the host does not come to rest: ${error instanceof Error ? error.message : error}`,
    );
  }
  await daemons.end();
}
