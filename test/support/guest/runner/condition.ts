/**
 * A step's condition, as far as the runner double knows it: `success() failure() always() cancelled()`, `true`, `false`,
 * `!`, `&&`, `||` and parentheses. GitHub has added `success() && (…)` where the workflow has no status function
 * (actions/runner: src/Runner.Worker/StepsRunner.cs and its expression functions).
 */

export type JobStatus = 'success' | 'failure' | 'cancelled';

const TOKEN = /\s*(success\(\)|failure\(\)|always\(\)|cancelled\(\)|true|false|!|&&|\|\||\(|\))/gy;

/** @throws when the condition has anything else in it: the step fails then */
export function holds(condition: string, status: JobStatus): boolean {
  const tokens = tokensOf(condition);
  const value = anyOf(tokens, status);
  if (tokens.length > 0) throw new Error(`condition cannot be read: ${condition}`);
  return value;
}

function tokensOf(text: string): string[] {
  const tokens = [...text.matchAll(TOKEN)].map(([, token]) => token ?? '');
  if (tokens.join('') !== text.replaceAll(/\s/g, '')) throw new Error(`condition cannot be read: ${text}`);
  return tokens;
}

function anyOf(tokens: string[], status: JobStatus): boolean {
  let value = allOf(tokens, status);
  while (tokens[0] === '||') {
    tokens.shift();
    const right = allOf(tokens, status);
    value = value || right;
  }
  return value;
}

function allOf(tokens: string[], status: JobStatus): boolean {
  let value = one(tokens, status);
  while (tokens[0] === '&&') {
    tokens.shift();
    const right = one(tokens, status);
    value = value && right;
  }
  return value;
}

function one(tokens: string[], status: JobStatus): boolean {
  const token = tokens.shift();
  switch (token) {
    case '!':
      return !one(tokens, status);
    case '(': {
      const value = anyOf(tokens, status);
      if (tokens.shift() !== ')') throw new Error('a parenthesis is not closed');
      return value;
    }
    case 'true':
    case 'always()':
      return true;
    case 'false':
      return false;
    case 'success()':
      return status === 'success';
    case 'failure()':
      return status === 'failure';
    case 'cancelled()':
      return status === 'cancelled';
    default:
      throw new Error(`condition cannot be read at ${JSON.stringify(token ?? '')}`);
  }
}
