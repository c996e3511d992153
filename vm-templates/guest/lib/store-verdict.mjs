/**
 * store-verdict N: reads `{"allowed","why"}` from standard input and leaves it for the gate that waits as event N.
 * The first answer counts. The same answer again is fine, for a host that did not hear us; another one is refused.
 */
import { readFileSync } from 'node:fs';
import { oneLine, Refusal, readObject } from './input.mjs';
import { createWhole, openState, readEvent, statePath } from './state.mjs';

const [n = ''] = process.argv.slice(2);

async function store() {
  if (!/^[1-9][0-9]{0,8}$/.test(n)) throw new Refusal('N is no event number');
  const { allowed, why = '' } = await readObject({ maxBytes: 16 * 1024 });
  if (typeof allowed !== 'boolean' || typeof why !== 'string')
    throw new Refusal('not {"allowed":true|false,"why":"…"}');
  openState();
  const event = readEvent(Number(n));
  if (event === null || JSON.parse(event).type !== 'job-started')
    throw new Refusal(`event ${n} waits for no verdict`);
  const path = statePath(`verdict-${n}`);
  if (createWhole(path, JSON.stringify({ allowed, why: oneLine(why) }))) return;
  if (JSON.parse(readFileSync(path, 'utf8')).allowed !== allowed)
    throw new Refusal('another verdict was given before');
}

try {
  await store();
  process.stdout.write('macrunner-verdict: ok\n');
} catch (error) {
  const why = error instanceof Refusal ? error.message : `internal ${error.code ?? error.name}`;
  process.stdout.write(`macrunner-verdict: refused ${oneLine(why)}\n`, () => process.exit(10));
}
