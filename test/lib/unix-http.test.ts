import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { requestJson, streamLines } from '../../src/lib/unix-http.ts';

async function serve(listener: RequestListener) {
  const dir = mkdtempSync(join(tmpdir(), 'mr-http-'));
  const socketPath = join(dir, 's');
  const server = createServer(listener).listen(socketPath);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { dir, socketPath, path: '/v1/x', timeoutMs: 60_000, signal: new AbortController().signal };
}

test('a request carries its method, path and body, and the answer its status and body', async () => {
  const call = await serve(async (request, response) => {
    const said = { method: request.method, path: request.url, body: await text(request) };
    response.writeHead(409).end(JSON.stringify(said));
  });
  const answer = await requestJson({ ...call, method: 'POST', body: { force: true } });
  expect(answer).toEqual({ status: 409, body: { method: 'POST', path: '/v1/x', body: '{"force":true}' } });
});

test('an empty answer is null, one that is not JSON is unreadable', async () => {
  let said = '';
  const call = await serve((_, response) => response.end(said));
  expect(await requestJson({ ...call, method: 'GET' })).toEqual({ status: 200, body: null });
  said = '<html>';
  await expect(requestJson({ ...call, method: 'GET' })).rejects.toMatchObject({ code: 'output-unreadable' });
});

test('a socket that is missing, or that nobody listens at, is an unreachable daemon', async () => {
  const call = await serve(() => undefined);
  const missing = { ...call, method: 'GET', socketPath: join(call.dir, 'none') } as const;
  await expect(requestJson(missing)).rejects.toMatchObject({ code: 'daemon-unreachable' });
  await expect(streamLines({ ...missing, onLine: () => undefined })).rejects.toMatchObject({
    code: 'daemon-unreachable',
  });
  const stale = join(call.dir, 'stale');
  writeFileSync(stale, '');
  await expect(requestJson({ ...missing, socketPath: stale })).rejects.toMatchObject({
    code: 'daemon-unreachable',
  });
});

test('no answer in time is an unreachable daemon, an abort is the reason of the signal', async () => {
  const asked = Promise.withResolvers<void>();
  const call = await serve(() => asked.resolve());
  await expect(requestJson({ ...call, method: 'GET', timeoutMs: 50 })).rejects.toMatchObject({
    code: 'daemon-unreachable',
  });
  const stop = new AbortController();
  const request = requestJson({ ...call, method: 'GET', signal: stop.signal });
  await asked.promise;
  stop.abort(new Error('stopped'));
  await expect(request).rejects.toThrow('stopped');
});

test('lines come as they are written, and the deadline is for the beginning only', async () => {
  const more = Promise.withResolvers<void>();
  const call = await serve(async (_, response) => {
    response.write('{"seq":1}\n{"se');
    await more.promise;
    response.end('q":2}\n');
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const stream = streamLines({
    ...call,
    onLine(line) {
      lines.push(line);
      if (lines.length > 1) return;
      vi.advanceTimersByTime(2 * call.timeoutMs);
      more.resolve();
    },
  });
  await stream;
  expect(lines).toEqual(['{"seq":1}', '{"seq":2}']);
});

test('a refused stream says why, a broken one is an unreachable daemon', async () => {
  const refused = await serve((_, response) =>
    response.writeHead(400).end('{"error":{"message":"no such number"}}'),
  );
  await expect(streamLines({ ...refused, onLine: () => undefined })).rejects.toThrow('no such number');
  const broken = await serve((_, response) => response.write('x\n', () => response.destroy()));
  await expect(streamLines({ ...broken, onLine: () => undefined })).rejects.toMatchObject({
    code: 'daemon-unreachable',
  });
});

test('a stream ends with the signal, and with what the listener throws', async () => {
  const call = await serve((_, response) => response.write('x\n'));
  const stop = new AbortController();
  const aborted = streamLines({
    ...call,
    signal: stop.signal,
    onLine: () => stop.abort(new Error('stopped')),
  });
  await expect(aborted).rejects.toThrow('stopped');
  const onLine = () => {
    throw new Error('not understood');
  };
  await expect(streamLines({ ...call, onLine })).rejects.toThrow('not understood');
});
