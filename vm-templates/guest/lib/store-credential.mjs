/**
 * store-credential: reads `{"jitConfig","environment"}` from standard input into `credential.json`, once in the life of
 * this VM. The directory `credential-given` is the mark that it happened; mkdir(2) lets exactly one through.
 */
import { mkdirSync } from 'node:fs';
import { checkCredential } from './credential.mjs';
import { oneLine, Refusal, readObject } from './input.mjs';
import { createWhole, openState, statePath } from './state.mjs';

try {
  const credential = checkCredential(await readObject({ maxBytes: 256 * 1024 }));
  openState();
  markGiven();
  if (!createWhole(statePath('credential.json'), JSON.stringify(credential)))
    throw new Refusal('a credential lies here');
} catch (error) {
  const why = error instanceof Refusal ? error.message : `internal ${error.code ?? error.name}`;
  process.stdout.write(`macrunner-bootstrap: refused ${oneLine(why)}\n`, () => process.exit(1));
}

function markGiven() {
  try {
    mkdirSync(statePath('credential-given'), { mode: 0o700 });
  } catch (error) {
    if (error.code === 'EEXIST') throw new Refusal('a credential was given before');
    throw error;
  }
}
