import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redactBody } from '../../gateway/redaction/redact-body.ts';
import { redactJson } from '../../gateway/redaction/redact-json.ts';
import { mergeRanges, redactText } from '../../gateway/redaction/redact-text.ts';
import type { SegmentRef } from '../../rules/index.ts';

const GONE = '[redacted]';
const at = (pointer: string, target: SegmentRef['target'] = 'input'): SegmentRef => ({
  id: `request${pointer}`,
  target,
  role: 'user',
  pointer,
  choice: null,
});
/** Redacts a word wherever it stands in one segment. */
const without = (word: string, text: string, ref: SegmentRef) => {
  const starts = [...text.matchAll(new RegExp(word, 'g'))].map(({ index }) => index);
  return { ref, text, ranges: starts.map((start) => ({ start, end: start + word.length })) };
};

test('bytes outside of the stretch stay as they were written, escapes and spaces too', () => {
  const json =
    ' {"a": [ {"text" : "\\u0073ay \\"secr\\u0065t\\" \\ud83d\\ude42 \\/ secret" } ], "n":1.0e0}\n';
  const text = 'say "secret" 🙂 / secret';
  assert.equal(
    redactBody(json, [without('secret', text, at('/a/0/text'))], GONE),
    ' {"a": [ {"text" : "\\u0073ay \\"[redacted]\\" \\ud83d\\ude42 \\/ [redacted]" } ], "n":1.0e0}\n',
  );
});

const bodies: [name: string, body: object, text: string, ref: SegmentRef, expected: object | null][] = [
  [
    'arguments as text stay JSON',
    { call: { arguments: '{"do": "a secret", "secret": 1}' } },
    '{"do": "a secret", "secret": 1}',
    at('/call/arguments', 'tool_call'),
    { call: { arguments: '{"do": "a [redacted]", "[redacted]": 1}' } },
  ],
  [
    'arguments as an object stay one',
    { input: { do: 'a secret', n: 2 } },
    '{"do":"a secret","n":2}',
    at('/input', 'tool_call'),
    { input: { do: 'a [redacted]', n: 2 } },
  ],
  [
    'what tools say of themselves is found line by line',
    { tools: [{ description: 'tells a secret', schema: { q: { description: 'no secret' } } }] },
    'tells a secret\nno secret',
    at('/tools/0', 'system'),
    { tools: [{ description: 'tells a [redacted]', schema: { q: { description: 'no [redacted]' } } }] },
  ],
  [
    'words of a tool that are no description are found too',
    { tools: [{ name: 'f', title: 'A secret', in: { enum: ['a secret'] } }] },
    'A secret\na secret',
    at('/tools/0', 'system'),
    { tools: [{ name: 'f', title: 'A [redacted]', in: { enum: ['a [redacted]'] } }] },
  ],
  [
    'the name of a property cannot be written anew',
    { tools: [{ properties: { 'tells a secret': {} } }] },
    'tells a secret',
    at('/tools/0', 'system'),
    null,
  ],
  [
    'a list is written anew as an object is',
    { edits: [{ instructions: 'keep the secret' }] },
    'keep the secret',
    at('/edits', 'system'),
    { edits: [{ instructions: 'keep the [redacted]' }] },
  ],
  [
    'a text in a data URL is written anew',
    { url: `data:text/plain;base64,${Buffer.from('a secret').toString('base64')}` },
    'a secret',
    at('/url'),
    { url: `data:text/plain;charset=utf-8;base64,${Buffer.from('a [redacted]').toString('base64')}` },
  ],
  [
    'a choice is known by its number, and its log-probabilities go with it',
    {
      choices: [
        { index: 1, text: 'a secret', logprobs: { content: [{ token: 'secret' }] } },
        { index: 0, text: 'fine' },
      ],
    },
    'a secret',
    { ...at('/choices/1/text', 'output'), choice: 1 },
    {
      choices: [
        { index: 1, text: 'a [redacted]', logprobs: null },
        { index: 0, text: 'fine' },
      ],
    },
  ],
  [
    'an index that a message has for itself is no place',
    {
      messages: [
        { index: 1, content: 'a secret' },
        { index: 0, content: 'a secret' },
      ],
    },
    'a secret',
    at('/messages/0/content'),
    {
      messages: [
        { index: 1, content: 'a [redacted]' },
        { index: 0, content: 'a secret' },
      ],
    },
  ],
  ['a text that stands nowhere cannot be taken out', { a: 'other' }, 'a secret', at('/a'), null],
  ['nor can one whose place is not there', { a: 'a secret' }, 'a secret', at('/b'), null],
];

for (const [name, body, text, ref, expected] of bodies) {
  test(`in a body, ${name}`, () => {
    const redacted = redactBody(JSON.stringify(body), [without('secret', text, ref)], GONE);
    assert.deepEqual(redacted === null ? null : JSON.parse(redacted), expected);
  });
}

test('a number that is matched goes whole, and what is left is JSON', () => {
  const text = '{"n": 12345, "t": true}';
  const redacted = redactJson(text, { plain: text, ranges: [{ start: 7, end: 9 }], replacement: GONE });
  assert.equal(redacted, '{"n": "[redacted]", "t": true}');
});

test('what is matched goes where it stands, however the keys are in order', () => {
  const text = '{"b": "a secret", "list": [{"2": "fine", "1": "so"}, true], "10": "and all of this"}';
  const plain = JSON.stringify(JSON.parse(text));
  const ranges = ['a secret', 'so'].map((word) => {
    const start = plain.indexOf(word);
    return { start, end: start + word.length };
  });
  assert.equal(
    redactJson(text, { plain, ranges, replacement: GONE }),
    `{"b": "${GONE}", "list": [{"2": "fine", "1": "${GONE}"}, true], "10": "and all of this"}`,
  );
});

test('of a key that stands very often each value goes for itself, without a search for a place', () => {
  const rest = ', "a": "fine"'.repeat(200_000);
  const text = `{"a": "secret"${rest}}`;
  const start = text.indexOf('secret');
  const fresh = redactJson(text, { plain: text, ranges: [{ start, end: start + 6 }], replacement: GONE });
  assert.equal(fresh, `{"a": "${GONE}"${rest}}`);
});

test('what is nested deeper than 64 is not taken apart', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}"secret"${']'.repeat(depth)}`;
  const redacted = (text: string) => {
    const start = text.indexOf('secret');
    return redactJson(text, { plain: text, ranges: [{ start, end: start + 6 }], replacement: GONE });
  };
  assert.equal(redacted(nested(64)), nested(64).replace('secret', GONE));
  assert.equal(redacted(nested(65)), null);
});

test('of a key that stands twice each value goes for itself', () => {
  const text = '{"a": "secret", "a": "fine", "a": "secret"}';
  const ranges = [...text.matchAll(/secret/g)].map(({ index }) => ({ start: index, end: index + 6 }));
  assert.equal(
    redactJson(text, { plain: text, ranges, replacement: GONE }),
    `{"a": "${GONE}", "a": "fine", "a": "${GONE}"}`,
  );
});

const ranges = fc
  .array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 })), { minLength: 1, maxLength: 4 })
  .map((list) => mergeRanges(list.map(([start, length]) => ({ start, end: start + length }))));

test('JSON stays JSON, and of its strings not one matched unit is left', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), ranges, fc.nat(3), (value, stretches, spaces) => {
      const plain = JSON.stringify(value);
      const text = JSON.stringify(value, null, spaces);
      const redacted = redactJson(text, { plain, ranges: stretches, replacement: GONE });
      assert.ok(redacted !== null);
      JSON.parse(redacted);
      const again = redactJson(plain, { plain, ranges: stretches, replacement: GONE });
      // Keys that are redacted alike fall together, as in every parser.
      assert.deepEqual(JSON.parse(redacted), JSON.parse(again ?? ''));
    }),
  );
});

test('a text redacted in pieces is the redacted text', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 70 }),
      ranges,
      fc.array(fc.nat(70), { maxLength: 6 }),
      (text, stretches, cuts) => {
        const whole = redactText(text, stretches, { replacement: GONE });
        const places = [0, ...cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, i) => {
          const offset = places[i] ?? 0;
          return redactText(text.slice(offset, end), stretches, { replacement: GONE, offset });
        });
        assert.equal(pieces.join(''), whole);
        if (stretches.some(({ start, end }) => start === 0 && end >= text.length) && text !== '')
          assert.equal(whole, GONE);
      },
    ),
  );
});
