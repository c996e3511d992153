import { expect, test } from 'vitest';
import * as z from 'zod';
import { parseJson } from '../../src/lib/parse-json.ts';

const schema = z.object({ name: z.string(), at: z.object({ ms: z.number() }) });

test('text of the right form becomes a value with only the fields read', () => {
  expect(parseJson(schema, '{"name":"a","at":{"ms":1},"more":true}')).toEqual({ name: 'a', at: { ms: 1 } });
});

test('a wrong field is named, its value is not repeated', () => {
  const parse = () => parseJson(schema, '{"name":"a","at":{"ms":"s3cret"}}', 'the answer');
  expect(parse).toThrow(/^the answer has an unexpected form \(at\.ms: invalid_type\)$/);
});

test('text that is not JSON is refused without being quoted', () => {
  expect(() => parseJson(schema, 's3cret')).toThrow(/^JSON is not JSON \(6 characters\)$/);
});
