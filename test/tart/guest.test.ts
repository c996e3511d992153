import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GuestEvent, GuestFollower } from '../../src/core/ports.ts';
import { fakeGuest, type GuestProgram } from '../support/fake-guest.ts';
import { type TartRigOptions, tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const HEARTBEAT = `echo '{"type":"heartbeat"}'`;
const HELLO = `echo '{"n":1,"type":"hello","at":1}'`;

/** A rig with one running VM `a` whose guest has these programs. */
async function running(
  programs: Partial<Record<GuestProgram, string>>,
  signal: AbortSignal,
  options: TartRigOptions = {},
) {
  const rig = tartRig(options);
  rig.double.addImage('a', { rootfs: fakeGuest(rig.dir, programs) });
  await rig.vms.start('a', signal);
  return rig;
}

function recorder() {
  const events: GuestEvent[] = [];
  const seen = { answers: 0, lives: 0, events };
  const follower: GuestFollower = {
    onAnswer: () => {
      seen.answers += 1;
    },
    onLife: () => {
      seen.lives += 1;
    },
    onEvent: (event) => seen.events.push(event),
  };
  return { seen, follower };
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

test('events come in order, heartbeats and unknown types are signs of life only', async ({ signal }) => {
  const facts = `{"repository":"acme/app","runId":"1","runAttempt":"1","job":"build","workflow":"ci","event":"push","ref":"refs/heads/main","sha":"abc","actor":"mona"}`;
  const script = [
    HEARTBEAT,
    HELLO,
    `echo '{"n":2,"type":"something-new"}'`,
    `echo '{"n":3,"type":"job-started","facts":${facts}}'`,
    `echo '{"n":4,"type":"exited","code":7,"extra":true}'`,
  ];
  await using rig = await running({ events: script.join('\n') }, signal);
  const { seen, follower } = recorder();
  await rig.guest.follow('a', 1, follower, signal);
  expect(seen.events).toEqual([
    { type: 'hello', n: 1 },
    { type: 'job-started', n: 3, facts: JSON.parse(facts) },
    { type: 'exited', n: 4, code: 7 },
  ]);
  expect(seen).toMatchObject({ answers: 1, lives: 5 });
});

test('the guest is asked for the events from the given number on, repeats are dropped', async ({
  signal,
}) => {
  const script = `echo "$1" > "$HOME/from"; ${HELLO}; echo '{"n":2,"type":"online"}'`;
  await using rig = await running({ events: script }, signal);
  const { seen, follower } = recorder();
  await rig.guest.follow('a', 2, follower, signal);
  expect(seen.events).toEqual([{ type: 'online', n: 2 }]);
  expect(readFileSync(join(rig.double.rootfs('a'), 'Users/admin/from'), 'utf8')).toBe('2\n');
});

test('broken, over-long and hostile lines are ignored and counted, the numbers they carry are used up', async ({
  signal,
}) => {
  const long = `printf '{"n":2,"type":"hello","pad":"'; head -c 20000 /dev/zero | tr '\\0' x; echo '"}'`;
  const script = [HELLO, long, 'echo nonsense', `echo '{"n":3,"type":"exited","code":"x"}'`, `echo '[1]'`];
  const last = `echo '{"n":4,"type":"online"}'`;
  let malformed = 0;
  const onMalformed = () => {
    malformed += 1;
  };
  await using rig = await running({ events: [...script, last].join('\n') }, signal, {
    guest: { onMalformed },
  });
  const { seen, follower } = recorder();
  await rig.guest.follow('a', 1, follower, signal);
  expect(seen.events.map((event) => event.n)).toEqual([1, 4]);
  expect(malformed).toBe(4);
});

test('what a guest claims is cut to 512 characters', async ({ signal }) => {
  const names = ['repository', 'runId', 'runAttempt', 'job', 'workflow', 'event', 'ref', 'sha', 'actor'];
  const facts = JSON.stringify(Object.fromEntries(names.map((name) => [name, 'y'.repeat(600)])));
  await using rig = await running({ events: `echo '{"n":1,"type":"job-started","facts":${facts}}'` }, signal);
  const { seen, follower } = recorder();
  await rig.guest.follow('a', 1, follower, signal);
  expect(seen.events).toMatchObject([{ facts: { actor: 'y'.repeat(512), ref: 'y'.repeat(512) } }]);
});

test('a gap in the numbers ends the stream', async ({ signal }) => {
  await using rig = await running({ events: `${HELLO}; echo '{"n":3,"type":"online"}'; sleep 60` }, signal);
  const { seen, follower } = recorder();
  await expect(rig.guest.follow('a', 1, follower, signal)).rejects.toMatchObject({
    code: 'output-unreadable',
  });
  expect(seen.events).toHaveLength(1);
});

test('a stream without end in size is ended', async ({ signal }) => {
  const guest = { limits: { streamBytes: 2_000 } };
  await using rig = await running({ events: `while :; do ${HEARTBEAT}; done` }, signal, { guest });
  await expect(rig.guest.follow('a', 1, recorder().follower, signal)).rejects.toMatchObject({
    code: 'output-unreadable',
  });
});

test('a guest that says nothing is unreachable, and the attempt is bounded', async ({ signal }) => {
  const guest = { limits: { firstLineMs: 300 } };
  await using rig = await running({ events: 'sleep 60' }, signal, { guest });
  const { seen, follower } = recorder();
  await expect(rig.guest.follow('a', 1, follower, signal)).rejects.toMatchObject({
    code: 'guest-unreachable',
  });
  expect(seen.answers).toBe(0);
});

test('a guest whose agent is not up is unreachable', async ({ signal }) => {
  const settings = { bootDelayMs: 60_000, agentWaitMs: 100 };
  await using rig = await running({ events: HELLO }, signal, { settings });
  await expect(rig.guest.follow('a', 1, recorder().follower, signal)).rejects.toMatchObject({
    code: 'guest-unreachable',
    hint: expect.stringContaining('guest agent'),
  });
});

test('an image without our programs is told apart from a guest that does not answer', async ({ signal }) => {
  await using rig = await running({}, signal);
  await expect(rig.guest.follow('a', 1, recorder().follower, signal)).rejects.toMatchObject({
    code: 'guest-refused',
  });
});

test('a VM that is stopped or missing is said as such', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  const { follower } = recorder();
  await expect(rig.guest.follow('a', 1, follower, signal)).rejects.toMatchObject({ code: 'vm-not-running' });
  await expect(rig.guest.follow('b', 1, follower, signal)).rejects.toMatchObject({ code: 'vm-missing' });
});

test('a stream that falls silent is let go, so that it can be attached again', async ({ signal }) => {
  const guest = { limits: { silenceMs: 300 } };
  await using rig = await running({ events: `${HELLO}; sleep 60` }, signal, { guest });
  const { seen, follower } = recorder();
  await rig.guest.follow('a', 1, follower, signal);
  expect(seen.events).toHaveLength(1);
});

test('broken lines are no sign of life', async ({ signal }) => {
  const guest = { limits: { silenceMs: 300 } };
  const script = `${HELLO}; while :; do echo nonsense; sleep 0.05; done`;
  await using rig = await running({ events: script }, signal, { guest });
  await rig.guest.follow('a', 1, recorder().follower, signal);
});

test('the end of the VM ends the stream', async ({ signal }) => {
  await using rig = await running({ events: `${HELLO}; exec sleep 60` }, signal);
  const { seen, follower } = recorder();
  const following = rig.guest.follow('a', 1, follower, signal);
  await until(() => seen.events.length === 1);
  process.kill(rig.double.runPid('a'), 'SIGKILL');
  await following;
});

test('an abort ends the attachment with its reason', async ({ signal }) => {
  const script = `${HELLO}; exec sleep 60`;
  await using rig = await running({ events: script }, signal);
  const stop = new AbortController();
  const { seen, follower } = recorder();
  const following = rig.guest.follow('a', 1, follower, AbortSignal.any([stop.signal, signal]));
  const outcome = expect(following).rejects.toBe('enough');
  await until(() => seen.events.length === 1);
  stop.abort('enough');
  await outcome;
  await until(() => rig.double.calls('exec').every((call) => isGone(call.pid)));
});

const CREDENTIAL = { jitConfig: 's3cret-jit', environment: { HTTPS_PROXY: 'http://192.168.64.1:3128' } };

test('the credential travels on standard input alone, and the sentinel says that it arrived', async ({
  signal,
}) => {
  const script = `cat > "$HOME/got"; echo noise; echo 'macrunner-bootstrap: ok'`;
  await using rig = await running({ bootstrap: script }, signal);
  await rig.guest.deliver('a', CREDENTIAL, signal);
  const got = readFileSync(join(rig.double.rootfs('a'), 'Users/admin/got'), 'utf8');
  expect(JSON.parse(got)).toEqual(CREDENTIAL);
  expect(JSON.stringify(rig.double.calls())).not.toContain('s3cret');
});

test('a refusal is told apart, whatever the exit code', async ({ signal }) => {
  const script = `cat > /dev/null; echo 'macrunner-bootstrap: refused has one already'; exit 1`;
  await using rig = await running({ bootstrap: script }, signal);
  await expect(rig.guest.deliver('a', CREDENTIAL, signal)).rejects.toMatchObject({
    code: 'guest-refused',
    message: 'bootstrap in a refused: has one already',
  });
});

test('exit code 0 without the sentinel is no success, and no error repeats what the guest said', async ({
  signal,
}) => {
  await using rig = await running({ bootstrap: 'cat; cat >&2; exit 0' }, signal);
  const error = await rig.guest.deliver('a', CREDENTIAL, signal).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: 'guest-unreachable' });
  const { inspect } = await import('node:util');
  expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
});

test('a bootstrap that hangs is ended, and its error holds no secret', async ({ signal }) => {
  const guest = { answerMs: 500 };
  await using rig = await running({ bootstrap: 'cat; exec sleep 60' }, signal, { guest });
  const error = await rig.guest.deliver('a', CREDENTIAL, signal).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: 'guest-unreachable' });
  const { inspect } = await import('node:util');
  expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
});

test('an environment that a guest could not take is refused before it is sent', async ({ signal }) => {
  await using rig = tartRig();
  const refusals = [{ 'NOT A NAME': '1' }, { BIG: 'x'.repeat(200_000) }].map((environment) =>
    expect(rig.guest.deliver('a', { jitConfig: 'j', environment }, signal)).rejects.toMatchObject({
      code: 'config-invalid',
    }),
  );
  await Promise.all(refusals);
  expect(rig.double.calls()).toEqual([]);
});

test('a verdict reaches the guest with its number and its reason', async ({ signal }) => {
  const script = `cat > "$HOME/verdict-$1"; echo 'macrunner-verdict: ok'`;
  await using rig = await running({ verdict: script }, signal);
  await rig.guest.verdict('a', 3, { allowed: false, why: 'a fork' }, signal);
  const got = readFileSync(join(rig.double.rootfs('a'), 'Users/admin/verdict-3'), 'utf8');
  expect(JSON.parse(got)).toEqual({ allowed: false, why: 'a fork' });
});
