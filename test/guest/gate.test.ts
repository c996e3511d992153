import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startWorker, untilAsked } from '../support/guest/gate-rig.ts';
import { Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';

function answer(vm: Sandbox, n: number | string, verdict: unknown) {
  const input = typeof verdict === 'string' ? verdict : JSON.stringify(verdict);
  return vm.run('bin/verdict', [String(n)], { input });
}

test('the gate reports which job it is, and no step runs before the answer', async () => {
  using vm = new Sandbox();
  const worker = startWorker(vm);
  const { n, facts } = await untilAsked(vm);
  expect(facts).toEqual({
    repository: 'acme/app',
    runId: '42',
    runAttempt: '1',
    job: 'build',
    workflow: 'CI',
    event: 'push',
    ref: 'refs/heads/main',
    sha: 'c0ffee',
    actor: 'octocat',
  });
  expect(worker.ranStep()).toBe(false);
  expect(await answer(vm, n, { allowed: true, why: 'trusted' })).toMatchObject({
    code: 0,
    stdout: 'macrunner-verdict: ok\n',
  });
  expect(await worker.ended).toBe(0);
  expect(worker.ranStep()).toBe(true);
  expect(vm.events().at(-1)).toMatchObject({ type: 'verdict', allowed: true });
});

test('a refused job says why in its log, its worker is killed and no step runs', async () => {
  using vm = new Sandbox();
  const worker = startWorker(vm);
  const { n } = await untilAsked(vm);
  await answer(vm, n, { allowed: false, why: 'forks may not run\n::set-env here::' });
  expect(await worker.ended).toBe(null);
  expect(worker.child.signalCode).toBe('SIGKILL');
  expect(worker.lines).toEqual(['::error title=Refused by this host::forks may not run ::set-env here::']);
  expect(worker.ranStep()).toBe(false);
  expect(vm.events().at(-1)).toMatchObject({ type: 'verdict', allowed: false });
});

test('silence is a refusal', async () => {
  using vm = new Sandbox({ verdictDeadlineMs: 300 });
  const worker = startWorker(vm);
  expect(await worker.ended).toBe(null);
  expect(worker.lines.join()).toContain('the host gave no answer in time');
  expect(worker.ranStep()).toBe(false);
  expect(vm.events().at(-1)).toMatchObject({ type: 'verdict', allowed: false });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s, as a cancelled job sends it, is a refusal',
  async (signal) => {
    using vm = new Sandbox();
    const worker = startWorker(vm);
    await untilAsked(vm);
    const hook = execFileSync('pgrep', ['-P', String(worker.child.pid)], { encoding: 'utf8' });
    process.kill(Number(hook), signal);
    expect(await worker.ended).toBe(null);
    expect(worker.lines.join()).toContain('the job was cancelled before the host answered');
    expect(worker.ranStep()).toBe(false);
  },
);

test.each([
  ['its library is missing', 'lib/common.sh'],
  ['its program is missing', 'lib/gate.mjs'],
  ['its program breaks', 'lib/state.mjs'],
])('a gate that is broken because %s refuses', async (_, file) => {
  using vm = new Sandbox();
  rmSync(vm.program(file));
  const worker = startWorker(vm);
  expect(await worker.ended).toBe(null);
  expect(worker.child.signalCode).toBe('SIGKILL');
  expect(worker.ranStep()).toBe(false);
});

test('an answer that cannot be read refuses', async () => {
  using vm = new Sandbox();
  const worker = startWorker(vm);
  const { n } = await untilAsked(vm);
  writeFileSync(vm.state(`verdict-${n}`), '{"allowed":tr');
  expect(await worker.ended).toBe(null);
  expect(worker.ranStep()).toBe(false);
});

test("strangers' text in the facts stays one capped line, and all of them fit in an event", async () => {
  using vm = new Sandbox({ verdictDeadlineMs: 100 });
  const evil = `a"b\\c'$(touch /tmp/x)\`id\`\n{"n":9,"type":"verdict","allowed":true}\r\u2028\u0000`.replace(
    '\0',
    '',
  );
  const wide = '"'.repeat(2000);
  const worker = startWorker(vm, { GITHUB_REF: evil, GITHUB_ACTOR: wide, GITHUB_WORKFLOW: '😀'.repeat(600) });
  const { facts } = await untilAsked(vm);
  await worker.ended;
  expect(facts.ref).toBe(`a"b\\c'$(touch /tmp/x)\`id\` {"n":9,"type":"verdict","allowed":true}  `);
  for (const fact of Object.values(facts)) {
    expect(fact.length).toBeLessThanOrEqual(512);
    expect(Buffer.byteLength(JSON.stringify(fact))).toBeLessThanOrEqual(800);
  }
  expect(Buffer.byteLength(JSON.stringify(vm.events()[1]))).toBeLessThan(8192);
});

test('facts that GitHub did not give are empty, not missing', async () => {
  using vm = new Sandbox({ verdictDeadlineMs: 100 });
  const worker = startWorker(vm, { GITHUB_REF: '' });
  expect((await untilAsked(vm)).facts.ref).toBe('');
  await worker.ended;
});

test('the first verdict counts: the same again is fine, another is refused', async () => {
  using vm = new Sandbox();
  const worker = startWorker(vm);
  const { n } = await untilAsked(vm);
  await answer(vm, n, { allowed: false, why: 'no' });
  expect((await answer(vm, n, { allowed: false, why: 'no' })).stdout).toBe('macrunner-verdict: ok\n');
  expect((await answer(vm, n, { allowed: true, why: '' })).stdout).toBe(
    'macrunner-verdict: refused another verdict was given before\n',
  );
  await worker.ended;
  expect(worker.ranStep()).toBe(false);
});

test.each([
  ['an event that is no job', '1', { allowed: true, why: '' }],
  ['an event that does not exist', '77', { allowed: true, why: '' }],
  ['no number', '2/../../x', { allowed: true, why: '' }],
  ['no JSON', '2', 'allowed'],
  ['a word for a truth', '2', { allowed: 'true', why: '' }],
  ['a reason that is no text', '2', { allowed: true, why: {} }],
  ['more than it takes', '2', { allowed: true, why: 'x'.repeat(20_000) }],
])('a verdict for %s is refused and opens nothing', async (_, n, verdict) => {
  using vm = new Sandbox({ verdictDeadlineMs: 600 });
  const worker = startWorker(vm);
  await untilAsked(vm);
  const ran = await answer(vm, n, verdict);
  expect(ran.stdout).toMatch(/^macrunner-verdict: refused ./);
  expect(ran.code).toBe(10);
  await worker.ended;
  expect(worker.ranStep()).toBe(false);
});

test('the completed hook reports the end and never changes the result', async () => {
  using vm = new Sandbox();
  writeFileSync(vm.state('job-running'), '2\n');
  expect(await vm.run('hooks/job-completed.sh')).toMatchObject({ code: 0, stdout: '' });
  expect(vm.types()).toEqual(['hello', 'job-completed']);
  rmSync(vm.program('lib/state.mjs'));
  expect((await vm.run('hooks/job-completed.sh')).code).toBe(0);
  await until(() => vm.types().length === 2);
});
