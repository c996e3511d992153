/**
 * GitHub's broker, and the acquiring of a job, as the runner double calls them (actions/runner: src/Sdk/WebApi/WebApi/
 * BrokerHttpClient.cs, src/Sdk/RSWebApi/RunServiceHttpClient.cs). It reports answers; what follows from them is the
 * listener's affair.
 */
import { call, fieldsOf, type Reply } from './http.ts';
import { clientAssertion, type Identity } from './jit.ts';
import { type Job, readJob } from './job-message.ts';

export const VERSION = '2.338.0';

/** An answer that is not a success; `errorKind` is the broker's word for it, or `code` the authorization server's. */
export class BrokerError extends Error {
  readonly status: number;
  readonly errorKind: string;

  constructor(what: string, reply: Reply) {
    const { errorKind, error, errorMessage } = fieldsOf(reply);
    super(
      `${what}: ${reply.status} ${String(errorKind ?? error ?? '')} ${String(errorMessage ?? '')}`.trim(),
    );
    this.status = reply.status;
    this.errorKind = String(errorKind ?? error ?? '');
  }
}

export interface Message {
  readonly messageType: string;
  readonly body: Record<string, unknown>;
}

export class Broker {
  readonly #identity: Identity;
  #token = '';
  #sessionId = '';

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  async login(): Promise<void> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: clientAssertion(this.#identity, Date.now()),
    });
    const reply = await call({ method: 'POST', url: this.#identity.authorizationUrl, body });
    if (reply.status !== 200) throw new BrokerError('token', reply);
    this.#token = String(fieldsOf(reply).access_token);
  }

  async openSession(): Promise<void> {
    const body = {
      ownerName: this.#identity.agentName,
      agent: { name: this.#identity.agentName, version: VERSION },
    };
    const reply = await this.#send('POST', `${this.#identity.serverUrl}session`, body);
    if (reply.status !== 200) throw new BrokerError('session', reply);
    this.#sessionId = String(fieldsOf(reply).sessionId);
  }

  async closeSession(): Promise<void> {
    await this.#send(
      'DELETE',
      `${this.#identity.serverUrl}session?sessionId=${encodeURIComponent(this.#sessionId)}`,
    );
  }

  /** One long poll; null when nothing came. */
  async nextMessage(status: 'Online' | 'Busy', signal: AbortSignal): Promise<Message | null> {
    const query = new URLSearchParams({
      sessionId: this.#sessionId,
      status,
      runnerVersion: VERSION,
      os: 'macOS',
    });
    const url = `${this.#identity.serverUrl}message?${query}&architecture=ARM64&disableUpdate=true`;
    const reply = await this.#send('GET', url, undefined, signal);
    if (reply.status === 202 || (reply.status === 200 && reply.text === '')) return null;
    if (reply.status !== 200) throw new BrokerError('message', reply);
    const { messageType, body } = fieldsOf(reply);
    const inner = fieldsOf({ status: 200, text: String(body) });
    return { messageType: String(messageType), body: inner };
  }

  /** Best effort, as the original's; only a job that is gone is news. @throws BrokerError `AcknowledgeJobNotFound` */
  async acknowledge(runnerRequestId: unknown): Promise<void> {
    const query = new URLSearchParams({
      sessionId: this.#sessionId,
      runnerVersion: VERSION,
      status: 'Online',
    });
    const reply = await this.#send('POST', `${this.#identity.serverUrl}acknowledge?${query}`, {
      runnerRequestId,
    });
    const error = new BrokerError('acknowledge', reply);
    if (error.errorKind === 'AcknowledgeJobNotFound') throw error;
  }

  async acquire(runServiceUrl: string, jobMessageId: unknown, billingOwnerId: unknown): Promise<Job> {
    const body = { jobMessageId, runnerOS: 'macOS', billingOwnerId };
    const reply = await this.#send('POST', `${runServiceUrl}acquirejob`, body);
    if (reply.status !== 200) throw new BrokerError('acquirejob', reply);
    return readJob(reply.text);
  }

  /** A token that ran out is renewed once, as the real client's pipeline does. */
  async #send(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Reply> {
    const send = () =>
      call({ method, url, token: this.#token, body, timeoutMs: 120_000, ...(signal && { signal }) });
    const reply = await send();
    if (reply.status !== 401) return reply;
    await this.login();
    return await send();
  }
}
