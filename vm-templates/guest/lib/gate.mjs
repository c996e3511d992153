/**
 * gate ask: reports the job that GitHub's runner is about to run and prints the number it waits as.
 * gate take N: reads the verdict, reports it, and exits 0 only when it allows; otherwise prints why, in one line.
 * The facts are the runner's GITHUB_* variables; branch names and titles in them are strangers' text.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { oneLine } from './input.mjs';
import { appendEvent, statePath } from './state.mjs';

const FACTS = {
  repository: 'GITHUB_REPOSITORY',
  runId: 'GITHUB_RUN_ID',
  runAttempt: 'GITHUB_RUN_ATTEMPT',
  job: 'GITHUB_JOB',
  workflow: 'GITHUB_WORKFLOW',
  event: 'GITHUB_EVENT_NAME',
  ref: 'GITHUB_REF',
  sha: 'GITHUB_SHA',
  actor: 'GITHUB_ACTOR',
};
/** Nine facts of this size and their names fit in one event line. */
const MAX_FACT_BYTES = 800;

function ask() {
  const facts = Object.fromEntries(
    Object.entries(FACTS).map(([fact, name]) => [fact, factOf(process.env[name])]),
  );
  const n = appendEvent({ type: 'job-started', facts });
  writeFileSync(statePath('job-running'), `${n}\n`, { mode: 0o600 });
  process.stdout.write(`${n}\n`);
}

/** At most 512 characters, and no more bytes in JSON than its share of the line. */
function factOf(text = '') {
  let fact = oneLine(text);
  while (Buffer.byteLength(JSON.stringify(fact)) > MAX_FACT_BYTES) fact = fact.slice(0, -16).toWellFormed();
  return fact;
}

function take(n) {
  const { allowed, why } = verdictOf(n);
  appendEvent({ type: 'verdict', allowed });
  if (allowed) return;
  process.stdout.write(`${oneLine(why) || 'this job may not run here'}\n`);
  process.exitCode = 1;
}

function verdictOf(n) {
  try {
    const { allowed, why } = JSON.parse(readFileSync(statePath(`verdict-${n}`), 'utf8'));
    return { allowed: allowed === true, why };
  } catch (error) {
    const why =
      error.code === 'ENOENT' ? 'the host gave no answer in time' : 'the answer of the host is unreadable';
    return { allowed: false, why };
  }
}

const [verb, n] = process.argv.slice(2);
if (verb === 'ask') ask();
else if (verb === 'take' && /^[0-9]{1,9}$/.test(n ?? '')) take(n);
else process.exitCode = 64;
