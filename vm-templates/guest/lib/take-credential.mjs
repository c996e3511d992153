/**
 * take-credential: takes `credential.json` off the disk, says so in an event, and prints the runner's environment as
 * NAME=VALUE, each ended by a NUL. Nothing is printed unless the file is gone.
 */
import { readFileSync, unlinkSync } from 'node:fs';
import { checkCredential } from './credential.mjs';
import { appendEvent, statePath } from './state.mjs';

const path = statePath('credential.json');
const text = readFileSync(path, 'utf8');
unlinkSync(path);
const { jitConfig, environment } = checkCredential(JSON.parse(text));
appendEvent({ type: 'credential-taken' });
const pairs = Object.entries({ ...environment, ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig });
process.stdout.write(pairs.map(([name, value]) => `${name}=${value}\0`).join(''));
