/** Refusals, in the three shapes that GitHub's services use, thrown by handlers and written out by `http.ts`. */

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** REST: `{message, documentation_url}`. */
export function restProblem(status: number, message: string): Problem {
  return new Problem(status, {
    message,
    documentation_url: 'https://docs.github.com/rest',
    status: String(status),
  });
}

/** Actions service: `{typeName, message}` with an assembly-qualified type. (actions/scaleset: errors.go) */
export function actionsProblem(status: number, exception: string, message: string): Problem {
  const assembly =
    exception.startsWith('Agent') || exception.startsWith('JobStill')
      ? 'GitHub.DistributedTask.WebApi'
      : 'GitHub.Actions.Runtime.WebApi';
  return new Problem(status, {
    $id: '1',
    message,
    typeName: `${assembly}.${exception}, ${assembly}`,
    typeKey: exception,
  });
}

/** Broker and run service. (actions/runner: src/Sdk/WebApi/WebApi/BrokerHttpClient.cs) */
export function brokerProblem(status: number, errorKind: string, errorMessage: string): Problem {
  return new Problem(status, {
    source: 'actions-broker-listener',
    errorKind,
    statusCode: status,
    errorMessage,
  });
}

export function runServiceProblem(status: number, code: string, errorMessage: string): Problem {
  return new Problem(status, { source: 'actions-run-service', code, statusCode: status, errorMessage });
}
