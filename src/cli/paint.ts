/** Colours, by what they mean. Without a terminal, or where `NO_COLOR` is set, every brush leaves text as it is. */
import { styleText } from 'node:util';

const BRUSHES = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', strong: 'bold' } as const;

export type Brush = keyof typeof BRUSHES;
export type Paint = { readonly [K in Brush]: (text: string) => string };

export function createPaint(isColoured: boolean): Paint {
  const brush = (name: Brush) => (text: string) =>
    isColoured && text !== '' ? styleText(BRUSHES[name], text, { validateStream: false }) : text;
  return {
    good: brush('good'),
    bad: brush('bad'),
    warn: brush('warn'),
    dim: brush('dim'),
    strong: brush('strong'),
  };
}
