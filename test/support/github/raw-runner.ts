/** The runner's side of the wire without a runner: decodes a JIT configuration and makes the calls that it allows. */
import { importJWK, SignJWT } from 'jose';
import * as z from 'zod';
import { type Answer, call } from './raw-client.ts';

const text = z.string();
const filesSchema = z.object({ '.runner': text, '.credentials': text, '.credentials_rsaparams': text });
const runnerSchema = z.object({ AgentId: text, AgentName: text, ServerUrlV2: z.url() });
const credentialsSchema = z.object({ Data: z.object({ ClientId: text, AuthorizationUrl: z.url() }) });
const parametersSchema = z.object({
  modulus: text,
  exponent: text,
  d: text,
  p: text,
  q: text,
  dp: text,
  dq: text,
  inverseQ: text,
});
const offerSchema = z.object({ runner_request_id: text, run_service_url: z.url() });
const jobSchema = z.object({
  jobId: text,
  plan: z.object({ planId: text }),
  resources: z.object({
    endpoints: z.tuple([
      z.object({
        authorization: z.object({ parameters: z.object({ AccessToken: text }) }),
        data: z.object({ FeedStreamUrl: text }),
      }),
    ]),
  }),
});

export function decodeJit(jit: string) {
  const decode = (base64: string): unknown => JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  const files = filesSchema.parse(decode(jit));
  return {
    runner: runnerSchema.parse(decode(files['.runner'])),
    credentials: credentialsSchema.parse(decode(files['.credentials'])),
    parameters: parametersSchema.parse(decode(files['.credentials_rsaparams'])),
  };
}

export interface Runner {
  readonly id: number;
  readonly name: string;
  /** Exchanges the key for an access token. */
  authenticate(): Promise<Answer>;
  openSession(version?: string): Promise<Answer>;
  closeSession(): Promise<Answer>;
  poll(signal?: AbortSignal): Promise<Answer>;
  acknowledge(runnerRequestId: string): Promise<Answer>;
  acquire(jobMessageId: string): Promise<Answer>;
  renew(): Promise<Answer>;
  /** `succeeded`, `failed`, `canceled`. */
  complete(conclusion: string): Promise<Answer>;
  /** Sends lines to the live console; resolves when they were taken. */
  print(lines: readonly string[]): Promise<void>;
  /** What `acquirejob` answered. */
  readonly job: Record<string, unknown>;
  /** Authenticates, opens a session and waits for its job; returns the job's id of the queue. */
  start(): Promise<string>;
}

export function runnerOf(jit: string): Runner {
  const { runner, credentials, parameters } = decodeJit(jit);
  const broker = runner.ServerUrlV2;
  let authorization = '';
  let session = '';
  let runService = '';
  let job: Record<string, unknown> = {};
  const callAboutJob = (verb: string, fields: Record<string, unknown> = {}) => {
    const { plan, jobId, token } = namesOf(job);
    const body = { planId: plan, jobId, ...fields };
    return call('POST', runService + verb, { authorization: `Bearer ${token}`, body });
  };

  const self: Runner = {
    id: Number(runner.AgentId),
    name: runner.AgentName,
    get job() {
      return job;
    },
    async authenticate() {
      const assertion = await sign(credentials.Data.ClientId, credentials.Data.AuthorizationUrl, parameters);
      const form = new URLSearchParams({ grant_type: 'client_credentials', client_assertion: assertion });
      const response = await fetch(credentials.Data.AuthorizationUrl, { method: 'POST', body: form });
      const body = z.record(text, z.unknown()).parse(await response.json());
      authorization = `Bearer ${String(body.access_token)}`;
      return { status: response.status, headers: response.headers, text: JSON.stringify(body), body };
    },
    async openSession(version = '2.337.0') {
      const answer = await call('POST', `${broker}session`, { authorization, body: { agent: { version } } });
      if (answer.status === 200) session = String(answer.body.sessionId);
      return answer;
    },
    closeSession: () => call('DELETE', `${broker}session`, { authorization }),
    poll: (signal) =>
      call('GET', `${broker}message?sessionId=${session}&status=Online`, {
        authorization,
        ...(signal ? { signal } : {}),
      }),
    acknowledge: (runnerRequestId) =>
      call('POST', `${broker}acknowledge?sessionId=${session}`, { authorization, body: { runnerRequestId } }),
    acquire: (jobMessageId) =>
      call('POST', `${runService}acquirejob`, { authorization, body: { jobMessageId } }),
    renew: () => callAboutJob('renewjob'),
    complete: (conclusion) => callAboutJob('completejob', { conclusion, stepResults: [] }),
    async print(lines) {
      const { feedUrl, token } = namesOf(job);
      const socket = new WebSocket(feedUrl, { headers: { authorization: `Bearer ${token}` } });
      const taken = new Promise<void>((resolve, reject) => {
        socket.addEventListener('close', () => resolve());
        socket.addEventListener('error', () => reject(new Error(`no live console at ${feedUrl}`)));
      });
      socket.addEventListener('open', () => {
        socket.send(JSON.stringify({ count: lines.length, value: lines, stepId: 'one', startLine: 1 }));
        socket.close();
      });
      await taken;
    },
    async start() {
      await self.authenticate();
      await self.openSession();
      let answer = await self.poll();
      while (answer.status === 202) answer = await self.poll();
      const offer = offerOf(answer);
      runService = offer.run_service_url;
      job = (await self.acquire(offer.runner_request_id)).body;
      return text.parse(job.jobId);
    },
  };
  return self;
}

/** The inner JSON of a message. */
export function bodyOf(answer: Answer): unknown {
  return JSON.parse(text.parse(answer.body.body));
}

/** What a message of type RunnerJobRequest offers. */
export function offerOf(answer: Answer) {
  return offerSchema.parse(bodyOf(answer));
}

function namesOf(job: Record<string, unknown>) {
  const { jobId, plan, resources } = jobSchema.parse(job);
  const [{ authorization, data }] = resources.endpoints;
  const token = authorization.parameters.AccessToken;
  return { jobId, plan: plan.planId, token, feedUrl: data.FeedStreamUrl };
}

async function sign(
  client: string,
  audience: string,
  parameters: z.output<typeof parametersSchema>,
): Promise<string> {
  const url = (base64: string) => Buffer.from(base64, 'base64').toString('base64url');
  const { modulus, exponent, d, p, q, dp, dq, inverseQ } = parameters;
  const [n, e, qi] = [url(modulus), url(exponent), url(inverseQ)];
  const key = await importJWK(
    { kty: 'RSA', n, e, d: url(d), p: url(p), q: url(q), dp: url(dp), dq: url(dq), qi },
    'PS256',
  );
  return new SignJWT({})
    .setProtectedHeader({ alg: 'PS256' })
    .setIssuer(client)
    .setSubject(client)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(key);
}
