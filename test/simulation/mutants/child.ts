/** `node --import './hook.ts?mutant=NAME' child.ts FROM SEEDS LEDGER`: plays until something breaks, and says what. */
import { generateScenario } from '../generate.ts';
import { createPlayer } from '../sweep.ts';

const [from = '1', seeds = '1', ledger] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await firstFailure())}\n`);

async function firstFailure() {
  const player = createPlayer(ledger === 'sqlite' ? 'sqlite' : 'memory');
  for (let seed = Number(from); seed < Number(from) + Number(seeds); seed += 1) {
    const violation = await player.judge(generateScenario(seed));
    if (violation) return { seed, invariant: violation.invariant, what: violation.what };
  }
  return null;
}
