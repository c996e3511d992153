/** Answers of the simulated services before they are put on the wire. */

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An answer that comes when there is something to tell; the function returned is called when the caller hangs up. */
export type Waiting = (deliver: (answer: Answer) => void) => () => void;

export const NO_CONTENT: Answer = { status: 204, body: '' };
export const NOTHING_YET: Answer = { status: 202, body: '' };

export function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value) };
}

/** As the Actions service refuses: an assembly-qualified type and words. (actions/scaleset: errors.go) */
export function refusal(status: number, exception: string, message: string): Answer {
  const isAgents = exception.startsWith('Agent') || exception.startsWith('JobStill');
  const assembly = isAgents ? 'GitHub.DistributedTask.WebApi' : 'GitHub.Actions.Runtime.WebApi';
  const typeName = `${assembly}.${exception}, ${assembly}`;
  return { status, body: JSON.stringify({ $id: '1', message, typeName, typeKey: exception }) };
}

export function notAllowed(): Answer {
  return refusal(401, 'InvalidTokenException', 'The token is not valid for this service.');
}

export function noSuchSet(id: number): Answer {
  return refusal(404, 'RunnerScaleSetNotFoundException', `No runner scale set found with identifier ${id}.`);
}
