/**
 * follow-events FROM: prints the event lines with numbers ≥ FROM as they come, and `{"type":"heartbeat"}` at once and
 * every 15 s. Ends when its output is closed, which it learns at its next line: the host's dropped exec is gone for
 * good after one heartbeat. After every line that was taken it renews the stamp `collected`, which the watchdog reads.
 */
import { writeFileSync } from 'node:fs';
import { greet, readEvent, setting, statePath } from './state.mjs';

/** How soon a new event is seen. A look costs one failed open(2). */
const LOOK_MS = 50;
const HEARTBEAT = '{"type":"heartbeat"}';

const [from = ''] = process.argv.slice(2);
if (!/^[1-9][0-9]{0,8}$/.test(from)) {
  process.stderr.write('usage: events FROM\n');
  process.exit(64);
}
// A closed output is how this program is told to end, whatever the system calls it.
process.stdout.on('error', () => process.exit(0));

greet();
let next = Number(from);
let printed = 0;
// While lines wait unread in the pipe nothing is added to them: a host that does not read has not collected.
let waiting = 0;

function print(line) {
  waiting += 1;
  process.stdout.write(`${line}\n`, (error) => {
    if (error) process.exit(0);
    waiting -= 1;
    printed += 1;
    writeFileSync(statePath('collected'), `${process.pid}-${printed}\n`, { mode: 0o600 });
  });
}

function look() {
  while (waiting === 0) {
    const line = readEvent(next);
    if (line === null) return;
    next += 1;
    print(line);
  }
}

function beat() {
  if (waiting === 0) print(HEARTBEAT);
}

beat();
setInterval(beat, setting('heartbeat-ms', 15_000));
setInterval(look, LOOK_MS);
