/** The simulated GitHub as a program: it says where it listens, obeys the control routes, and ends on SIGTERM. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { call } from './raw-client.ts';

test('the program prints one line when it is ready, and ends when told', async () => {
  const file = new URL('main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [file, '--port', '0', '--options', '{"holdMs":1000}'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url, origin, port } = z
    .object({ url: z.url(), origin: z.url(), port: z.int() })
    .parse(JSON.parse(String(line)));
  expect(url).toBe(`http://127.0.0.1:${port}/acme`);

  const queued = await call('POST', `${origin}/_control/jobs`, {
    body: { name: 'hello', labels: ['macOS'], steps: [{ run: 'true' }] },
  });
  expect(queued.body).toMatchObject({ jobId: expect.any(String), status: 'queued' });
  expect((await call('POST', `${origin}/_control/jobs`, { body: { labels: [] } })).status).toBe(422);
  const turned = await call('POST', `${origin}/_control/knobs`, { body: { lapseMs: 5 } });
  expect(turned.body).toMatchObject({ holdMs: 1000, lapseMs: 5 });
  expect((await call('POST', `${origin}/_control/knobs`, { body: { nonsense: 5 } })).status).toBe(422);
  for (const view of ['jobs', 'runners', 'scalesets', 'requests', 'secrets', 'faults']) {
    expect((await call('GET', `${origin}/_control/${view}`)).status).toBe(200);
  }
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
