/** The guests' event streams: what moves a runner, and where a broken stream is taken up again. */
import { expect, test } from 'vitest';
import { MacrunnerError } from '../../src/core/error.ts';
import { Channels } from '../../src/daemon/channels.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aFullDisk } from '../support/full-disk.ts';
import { aRunner } from '../support/ledger-rig.ts';

const NAME = aRunner().name;
const FACTS = {
  repository: 'acme/app',
  runId: '1',
  runAttempt: '1',
  job: 'b',
  workflow: 'CI',
  event: 'push',
  ref: 'r',
  sha: 's',
  actor: 'a',
};

async function followed(phase: 'booting' | 'registering') {
  const rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase }));
  const channels = new Channels();
  channels.follow(rig.context, rig.ledger.runners());
  await expect.poll(() => rig.followers.get(NAME)).toBeDefined();
  return { rig, channels };
}

test('the first answer of a booting guest makes it warm and forgets its pool’s failures', async () => {
  const { rig } = await followed('booting');
  using _ = rig;
  rig.context.desk.failed('ios', 'boot', 0);
  rig.followers.get(NAME)?.follower.onAnswer();
  expect(rig.ledger.runner(NAME)?.phase).toBe('warm');
  expect(rig.context.desk.trouble('ios').failures).toBe(0);
});

test('a guest that answered a former life of the agent is said to be adopted, once, and a new one never', async () => {
  const former = await followed('registering');
  using _former = former.rig;
  const fresh = await followed('booting');
  using _fresh = fresh.rig;
  for (const { rig } of [former, fresh]) {
    rig.followers.get(NAME)?.follower.onAnswer();
    rig.followers.get(NAME)?.end();
    await expect.poll(() => rig.asked.filter((what) => what.startsWith('follow')).length).toBe(2);
    rig.followers.get(NAME)?.follower.onAnswer();
  }
  const adopted = ({ rig }: typeof former) =>
    rig.ledger.auditAfter(0, 10).filter(({ what }) => what === 'runner-adopted');
  expect(adopted(former)).toMatchObject([{ subject: NAME, detail: { phase: 'registering' } }]);
  expect(adopted(fresh)).toEqual([]);
});

test('a job that starts is answered with a verdict, once, and its life is told to the end', async () => {
  const { rig } = await followed('registering');
  using _ = rig;
  const told = rig.followers.get(NAME)?.follower;
  told?.onEvent({ type: 'online', n: 3 });
  told?.onEvent({ type: 'job-started', n: 4, facts: FACTS });
  await expect.poll(() => rig.asked).toContain(`verdict ${NAME} 4 true`);
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'busy', hadJob: true });
  told?.onEvent({ type: 'job-completed', n: 6 });
  told?.onEvent({ type: 'exited', n: 7, code: 0 });
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'stopping', why: 'job-done' });
});

test('a stream that breaks is taken up at the next number, and the guest counts as silent meanwhile', async () => {
  const { rig } = await followed('registering');
  using _ = rig;
  rig.followers.get(NAME)?.follower.onAnswer();
  rig.followers.get(NAME)?.follower.onEvent({ type: 'online', n: 3 });
  rig.followers.get(NAME)?.end();
  await expect.poll(() => rig.followers.get(NAME)?.from).toBe(4);
  expect(rig.context.desk.silentSinceMs.has(NAME)).toBe(true);
  rig.followers.get(NAME)?.follower.onLife();
  expect(rig.context.desk.silentSinceMs.has(NAME)).toBe(false);
});

/** A busy guest whose verdict takes so long each time and never arrives; `told` is its timeline. */
async function unanswered(tookMs: number, code: 'guest-unreachable' | 'vm-missing') {
  const { rig } = await followed('registering');
  rig.script.verdict = async () => {
    rig.clock.nowMs += tookMs;
    throw new MacrunnerError(code, 'no answer');
  };
  rig.followers.get(NAME)?.follower.onEvent({ type: 'job-started', n: 4, facts: FACTS });
  const verdicts = () => rig.asked.filter((what) => what.startsWith('verdict')).length;
  return { rig, verdicts, told: () => rig.ledger.timeline(NAME).map(({ what }) => what) };
}

test.each(['guest-unreachable', 'vm-missing'] as const)(
  'a verdict that meets %s is given again as long as the hook waits, which then refuses by itself',
  async (code) => {
    const { rig, verdicts, told } = await unanswered(25_000, code);
    using _ = rig;
    await expect.poll(told).toContain('verdict-unanswered');
    expect(verdicts()).toBe(3);
    expect(rig.ledger.runner(NAME)?.phase).toBe('busy');
  },
);

test('a verdict is given no more to a runner that has come to its end', async () => {
  const { rig, verdicts, told } = await unanswered(0, 'guest-unreachable');
  using _ = rig;
  await expect.poll(verdicts).toBe(1);
  rig.followers.get(NAME)?.follower.onEvent({ type: 'exited', n: 5, code: 1 });
  await expect.poll(told).toContain('verdict-unanswered');
  expect(verdicts()).toBeLessThanOrEqual(2);
});

test('a guest that refuses its verdict is ended', async () => {
  const { rig } = await followed('registering');
  using _ = rig;
  rig.script.verdict = async () => {
    throw new MacrunnerError('guest-refused', 'no job waits as event 4');
  };
  rig.followers.get(NAME)?.follower.onEvent({ type: 'job-started', n: 4, facts: FACTS });
  await expect.poll(() => rig.ledger.runner(NAME)?.why).toBe('refused');
});

test('a VM whose start is still under way is not asked yet', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'booting' }));
  rig.context.desk.inFlight.add(NAME);
  new Channels().follow(rig.context, rig.ledger.runners());
  expect(rig.asked).toEqual([]);
});

test('what the ledger does not take is left with the guest, which does not count as silent, and answered once', async () => {
  using rig = await daemonRig();
  const { disk, ledger } = aFullDisk();
  const context = { ...rig.context, ledger };
  ledger.saveRunner(aRunner({ phase: 'idle' }));
  new Channels().follow(context, ledger.runners());
  await expect.poll(() => rig.followers.get(NAME)?.from).toBe(1);
  const before = rig.followers.get(NAME);
  disk.isFull = true;
  before?.follower.onEvent({ type: 'job-started', n: 1, facts: FACTS });
  disk.isFull = false;
  // What comes after it must not hide it.
  before?.follower.onEvent({ type: 'job-completed', n: 2 });
  expect([ledger.lastEventNumber(NAME), ledger.timeline(NAME), ledger.openIntents()]).toEqual([0, [], []]);
  await expect.poll(() => rig.followers.get(NAME), { timeout: 10_000 }).not.toBe(before);
  expect(rig.context.desk.silentSinceMs.has(NAME)).toBe(false);
  expect(rig.followers.get(NAME)?.from).toBe(1);
  rig.followers.get(NAME)?.follower.onEvent({ type: 'job-started', n: 1, facts: FACTS });
  await expect
    .poll(() => rig.asked.filter((what) => what.startsWith('verdict')))
    .toEqual([`verdict ${NAME} 1 true`]);
  expect(ledger.runner(NAME)).toMatchObject({ phase: 'busy', hadJob: true });
});

test('a first answer that cannot be taken is taken when the guest answers again', async () => {
  using rig = await daemonRig();
  const { disk, ledger } = aFullDisk();
  ledger.saveRunner(aRunner({ phase: 'booting' }));
  new Channels().follow({ ...rig.context, ledger }, ledger.runners());
  await expect.poll(() => rig.followers.get(NAME)).toBeDefined();
  const before = rig.followers.get(NAME);
  disk.isFull = true;
  before?.follower.onAnswer();
  disk.isFull = false;
  await expect.poll(() => rig.followers.get(NAME), { timeout: 10_000 }).not.toBe(before);
  rig.followers.get(NAME)?.follower.onAnswer();
  expect(ledger.runner(NAME)?.phase).toBe('warm');
});
