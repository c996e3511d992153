/**
 * Text on a terminal: how wide it is, how to cut it, and how to make it harmless. Names of jobs and repositories come
 * from whoever may open a pull request, so nothing of them reaches a terminal as a control sequence.
 */
import { stripVTControlCharacters } from 'node:util';

/** Takes two columns: emoji and the scripts of East Asia. */
const WIDE =
  /\p{Emoji_Presentation}|\uFE0F|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\uFF01-\uFF60]/u;

/** Control characters, line separators, and marks that turn the direction of what follows. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu;

/** One line without control characters. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(UNSAFE, ' ').trim();
}

/** Columns that `text` takes, control sequences not counted. */
export function widthOf(text: string): number {
  return graphemes(stripVTControlCharacters(text)).reduce((sum, part) => sum + columns(part), 0);
}

/** Cuts to `width` columns with `…`: at the end, or in the middle when both ends tell something. */
export function shorten(text: string, width: number, cut: 'end' | 'middle'): string {
  if (widthOf(text) <= width) return text;
  if (width <= 1) return '…'.slice(0, Math.max(0, width));
  const parts = graphemes(text);
  const tail =
    cut === 'end'
      ? ''
      : take(parts.toReversed(), Math.floor((width - 1) / 2))
          .reverse()
          .join('');
  return `${take(parts, width - 1 - widthOf(tail)).join('')}…${tail}`;
}

/** Breaks at spaces into lines of at most `width`, all but the first indented. A longer word stays whole. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' || line === indent ? `${line}${word}` : `${line} ${word}`;
    if (widthOf(longer) <= width || line === '' || line === indent) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines.join('\n');
}

function take(parts: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += columns(part);
    if (used > width) break;
    taken.push(part);
  }
  return taken;
}

function graphemes(text: string): readonly string[] {
  // Splitting is the slow path; nearly all text is ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return [...text];
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
}

function columns(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1;
}
