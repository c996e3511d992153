/** `npm run simulate -- --seeds N [--seed X] [--json]`: plays worlds until one breaks an invariant, and tells its story. */
import { parseArgs } from 'node:util';
import pino from 'pino';
import { generateScenario } from './generate.ts';
import { createMemoryLedger } from './ledger/memory-ledger.ts';
import { type Fact, storyLine } from './story.ts';
import { playWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const log = pino({ level: 'silent' });
const makeLedger = createMemoryLedger;

if (values.seed !== undefined) {
  const facts: Fact[] = [];
  const scenario = generateScenario(Number(values.seed));
  console.log(JSON.stringify(scenario, null, 1));
  const outcome = await playWorld(scenario, { log, makeLedger, on: (fact) => void facts.push(fact) });
  const [first] = facts;
  for (const fact of facts) console.log(storyLine(fact, 1_800_000_000_000));
  console.log(outcome, first?.of);
} else {
  const began = performance.now();
  let broken = 0;
  let events = 0;
  const from = Number(values.from);
  for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
    const outcome = await playWorld(generateScenario(seed), { log, makeLedger });
    events += outcome.events;
    const [violation] = outcome.violations;
    if (violation) {
      broken += 1;
      console.log(seed, violation.invariant, violation.atMs, violation.what);
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  const cpu = process.cpuUsage().user / 1e6;
  console.log({ broken, events, seconds, perSecond: Number(values.seeds) / seconds, cpuPerSecond: Number(values.seeds) / cpu });
}
