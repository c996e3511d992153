/**
 * The state directory of this VM, `~/.macrunner`, and its event log. Every program here reads and writes it through
 * this module; what the events mean is the host's affair.
 *
 * An event is a file `events/<n>.json` with one line in it, linked into place whole under the next free number. The
 * link is the lock: it exists or it does not, so there is nothing stale to break when a writer is killed.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the host accepts as one line, its newline included. */
export const MAX_LINE_BYTES = 8192;

const HOME = process.env.HOME ?? '';
if (!HOME.startsWith('/')) throw new Error('HOME is not set');

export const STATE = join(HOME, '.macrunner');
const EVENTS = join(STATE, 'events');

/** Makes the directory, readable by nobody else, when this is the first program to come. */
export function openState() {
  mkdirSync(EVENTS, { recursive: true, mode: 0o700 });
}

/** Path of something in the state directory. */
export function statePath(/** @type {string} */ name) {
  return join(STATE, name);
}

/** The number in the state file `name`, or `fallback`; how tests and templates shorten waits. */
export function setting(/** @type {string} */ name, /** @type {number} */ fallback) {
  try {
    const text = readFileSync(statePath(name), 'utf8').trim();
    return /^[0-9]{1,9}$/.test(text) ? Number(text) : fallback;
  } catch (error) {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  }
}

/** Line of event `n` without its newline, or null while there is none. */
export function readEvent(/** @type {number} */ n) {
  try {
    return readFileSync(eventPath(n), 'utf8').trimEnd();
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Appends an event under the next number and returns that number. The first event of a VM is always `hello`. */
export function appendEvent(/** @type {Record<string, unknown>} */ event) {
  openState();
  greet();
  for (let n = lastNumber() + 1; ; n += 1) {
    if (place(n, event)) return n;
  }
}

/** Writes `hello` as event 1 unless somebody did. */
export function greet() {
  openState();
  if (readEvent(1) === null) place(1, { type: 'hello' });
}

/** Writes `text` to a file that appears whole, or not at all when the name is taken. Returns whether it appeared. */
export function createWhole(/** @type {string} */ path, /** @type {string} */ text) {
  const draft = `${path}.${process.pid}.${process.hrtime.bigint()}.draft`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function place(n, event) {
  const line = `${JSON.stringify({ n, ...event, at: Date.now() })}\n`;
  if (Buffer.byteLength(line) > MAX_LINE_BYTES)
    throw new Error(`event ${event.type} is longer than a line may be`);
  return createWhole(eventPath(n), line);
}

function eventPath(n) {
  return join(EVENTS, `${n}.json`);
}

function lastNumber() {
  const numbers = readdirSync(EVENTS).map((name) => /^([0-9]+)\.json$/.exec(name)?.[1]);
  return Math.max(0, ...numbers.filter((digits) => digits !== undefined).map(Number));
}
