/** Item 35: webhooks as a target gets them, and what the REST API then says of their deliveries. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { signPayload } from './hook-payload.ts';
import { createValidator, readDescription } from './open-api-description.ts';
import { call, PAT } from './raw-client.ts';
import { simulate } from './simulate.ts';

const SECRET = 'hook-secret';
const listSchema = z.array(
  z.looseObject({ id: z.int(), guid: z.uuid(), redelivery: z.boolean(), status: z.string() }),
);

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: string;
}

/** A simulated GitHub with a target that answers with `statusOf` its nth request. */
async function withTarget(statusOf: (nth: number) => number = () => 200) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, payload: Buffer.concat(chunks).toString() });
      response.writeHead(statusOf(received.length)).end('heard');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const github = await simulate({ webhooks: { url: `http://127.0.0.1:${port}/hook`, secret: SECRET } });
  const control = `${github.origin}/_control/webhooks`;
  const rest = `${github.origin}/api/v3/orgs/acme/hooks/1/deliveries`;
  return {
    github,
    received,
    rest,
    plan: (mishap: string, action: string) => call('POST', control, { body: { mishap, action } }),
    /** A job that is queued and cancelled, all its deliveries made. */
    async runJob() {
      github.cancelJob(github.queueJob({ labels: ['macOS'] }).jobId);
      await call('GET', control);
    },
    settled: () => call('GET', control),
    actions: () => received.map((each) => String(z.looseObject({}).parse(JSON.parse(each.payload)).action)),
    async list(query = '') {
      const answer = await call('GET', rest + query, { authorization: PAT });
      return listSchema.parse(JSON.parse(answer.text));
    },
  };
}

test('item 35: the signature is the one of GitHub’s test vector', () => {
  expect(signPayload("It's a Secret to Everybody", 'Hello, World!')).toBe(
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
});

test('item 35: deliveries are signed over their raw bytes and pass GitHub’s description of the hook', async () => {
  const { received, runJob, actions } = await withTarget();
  await runJob();
  expect(actions()).toEqual(['queued', 'completed']);
  const description = readDescription('api.github.com');
  for (const { headers, payload } of received) {
    const body = z.looseObject({ action: z.string() }).parse(JSON.parse(payload));
    const schema = description.components.schemas?.[`webhook-workflow-job-${body.action}`];
    expect(createValidator(description, z.record(z.string(), z.unknown()).parse(schema))(body)).toEqual([]);
    expect(headers).toMatchObject({
      'x-github-event': 'workflow_job',
      'x-github-hook-id': '1',
      'x-github-delivery': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-hub-signature-256': signPayload(SECRET, payload),
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
    });
  }
});

test('item 35: a failed delivery is not retried; redelivery has the same GUID and the same bytes', async () => {
  const { received, rest, runJob, settled, list } = await withTarget((nth) => (nth === 1 ? 500 : 200));
  await runJob();
  expect(received).toHaveLength(2);
  const [failed] = await list('?status=failure');
  expect(failed).toMatchObject({ redelivery: false, status: 'Internal Server Error', status_code: 500 });
  const again = await call('POST', `${rest}/${failed?.id}/attempts`, { authorization: PAT });
  expect(again.status).toBe(202);
  await settled();
  expect(received[2]?.payload).toBe(received[0]?.payload);
  expect(received[2]?.headers['x-github-delivery']).toBe(failed?.guid);
  const [newest] = await list();
  expect(newest).toMatchObject({ guid: failed?.guid, redelivery: true, status: 'OK' });
  expect(newest?.id).not.toBe(failed?.id);
});

test('item 35: dropped deliveries never reach the target, but can be made again; lost ones are not even listed', async () => {
  const { runJob, plan, actions, list } = await withTarget();
  await plan('drop', 'queued');
  await plan('lose', 'completed');
  await runJob();
  expect(actions()).toEqual([]);
  expect(await list()).toMatchObject([{ action: 'queued', status: 'failed to connect' }]);
});

test('item 35: duplicated deliveries share their GUID', async () => {
  const { received, runJob, plan, actions } = await withTarget();
  await plan('duplicate', 'queued');
  await runJob();
  expect(actions()).toEqual(['queued', 'queued', 'completed']);
  expect(received[1]?.headers['x-github-delivery']).toBe(received[0]?.headers['x-github-delivery']);
});

test('item 35: a reordered delivery comes after the one that follows it', async () => {
  const { runJob, plan, actions } = await withTarget();
  await plan('reorder', 'queued');
  await runJob();
  expect(actions()).toEqual(['completed', 'queued']);
});

test('item 35: deliveries are listed in pages by cursor, and forgotten after three days', async () => {
  const { github, rest, runJob, list } = await withTarget();
  await runJob();
  const first = await call('GET', `${rest}?per_page=1`, { authorization: PAT });
  const next = /<(.*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const second = await call('GET', next, { authorization: PAT });
  expect([first, second].map(({ text }) => listSchema.parse(JSON.parse(text)))).toMatchObject([
    [{ action: 'completed' }],
    [{ action: 'queued' }],
  ]);
  github.advance(3 * 86_400_000 + 60_000);
  expect(await list()).toEqual([]);
});
