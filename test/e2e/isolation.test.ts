/** One job sees nothing of another, its VM serves nobody else, and no secret leaves its channel. */
import { expect, test } from 'vitest';
import { inFiles } from '../support/watch/leaks.ts';
import { familyOf } from '../support/watch/processes.ts';
import { allRunners, ended, nothingLeft, queueJob, seen, served } from './acts.ts';
import type { Stage } from './stage.ts';
import { Watcher } from './watcher.ts';

/** Leaves a file, a global tool, variables and a process of its own session, as a daemon would be. */
const PLANT = [
  'echo planted > "$HOME/planted-file"',
  'mkdir -p "$HOME/bin" && printf "#!/bin/sh\\n" > "$HOME/bin/planted-tool" && chmod +x "$HOME/bin/planted-tool"',
  'echo "PLANTED=yes" >> "$GITHUB_ENV"; echo "$HOME/bin" >> "$GITHUB_PATH"; echo "export PLANTED=1" >> "$HOME/.zprofile"',
  'trap "" HUP TERM INT',
  'nohup /bin/sh -c "trap \\"\\" HUP TERM INT; while :; do echo alive > $PWD/planted-pulse; sleep 0.1; done" >/dev/null 2>&1 &',
  'echo "planted process $!"',
].join('\n');

const LOOK = [
  'cd "$HOME" && test -z "$(find . -name "planted-*")" && test ! -e .zprofile',
  '! command -v planted-tool && ! printenv PLANTED',
].join('\n');

/** The most that runs at a time is one VM, so the second job comes after the first. */
const oneSlot = (): Promise<Stage> => served({ slots: 1 });

test('what a job plants, files, tools, variables and processes, the next job does not find', async () => {
  await using stage = await oneSlot();
  const { log } = await ended(stage, queueJob(stage, PLANT));
  const pid = Number(/planted process (\d+)/.exec(log.join('\n'))?.[1]);
  expect(pid).toBeGreaterThan(1);
  const looked = await ended(stage, queueJob(stage, LOOK));
  expect(looked).toMatchObject({ conclusion: 'success' });
  await nothingLeft(stage);
  // By the path that its command line holds: its number may be another's by now.
  expect(familyOf(0, `${stage.tart.home}/vms`)).toEqual([]);
});

test('a VM that had a job never serves again, however soon the next job comes', async () => {
  await using stage = await oneSlot();
  const jobs = [1, 2].map(() => queueJob(stage, 'echo "here is $RUNNER_NAME"'));
  const names: string[] = [];
  for (const job of jobs) {
    const { log } = await ended(stage, job);
    names.push(/^here is (\S+)$/m.exec(log.join('\n'))?.[1] ?? '');
  }
  await nothingLeft(stage);
  const runners = await allRunners(stage);
  expect(names).toEqual(runners.map(({ name }) => name));
  expect(new Set(names).size).toBe(2);
  const deleted = stage.tart.calls('delete').map(({ argv }) => argv[1]);
  expect(deleted).toEqual(names);
});

test('no VM is started with anything of the host shared, mounted or bridged into it', async () => {
  await using stage = await served();
  await ended(stage, queueJob(stage));
  await nothingLeft(stage);
  expect(stage.tart.calls().flatMap(({ violations }) => violations)).toEqual([]);
  const [run] = stage.tart.calls('run');
  expect(run?.argv.slice(2)).toEqual([
    '--no-graphics',
    '--no-audio',
    '--no-clipboard',
    '--root-disk-opts',
    'sync=none,caching=cached',
  ]);
  expect(run?.envNames).not.toContain('MACRUNNER_HOME');
});

test('no secret is ever seen in arguments, in the log, in the ledger or in another file, and nothing listens', async () => {
  await using stage = await served();
  const watcher = new Watcher({
    agentPid: () => stage.agentPid,
    home: stage.home,
    secrets: () => stage.secrets(),
  });
  const job = queueJob(stage, 'printenv; ps -ef; sleep 0.6');
  await seen(stage, 'the credential among what was issued', () => stage.secrets().length > 5);
  const { log } = await ended(stage, job);
  await nothingLeft(stage);
  watcher.stop();
  expect(watcher.leaks).toEqual([]);
  expect(watcher.listening).toEqual([]);
  expect(inFiles(stage.secrets(), stage.home, [`${stage.home}/secrets`])).toEqual([]);
  const said = [log.join('\n'), await stage.cli('logs'), await stage.cli('events', '--json')].join('\n');
  expect(stage.secrets().filter((secret) => secret.trim().length > 12 && said.includes(secret))).toEqual([]);
});

test('a job that kills all of ours in its VM still ends with its VM, and its slot comes free', async () => {
  await using stage = await served({ deadlines: { teardownSeconds: 1 } });
  // Those of this VM and no other: each has the path of its disk in its command line.
  const ours = '$(dirname "$(dirname "$HOME")")/usr/local/macrunner-guest/';
  const kill = `for pid in $(pgrep -f "${ours}"); do kill -KILL "$pid"; done`;
  // All of it before the job's end, whose hook is one of ours; one that is gone already is no failure.
  const job = queueJob(stage, `(${kill}) || true; rm -rf "$HOME/.macrunner"; echo on`);
  const { conclusion, log } = await ended(stage, job);
  expect([conclusion, log.includes('on')]).toEqual(['success', true]);
  await nothingLeft(stage);
});
