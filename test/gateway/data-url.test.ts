import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addText, type Collected } from '../../gateway/dialects/collected.ts';
import { loadDialects } from '../../gateway/dialects/load-dialects.ts';
import { createPlace } from '../../gateway/dialects/place.ts';

const place = createPlace({ side: 'request', target: 'input', role: 'user' });
const base64 = (text: string, encoding: BufferEncoding = 'utf8') =>
  Buffer.from(text, encoding).toString('base64');

/** What becomes of a text: the text that is read, or the reason that it is not. */
function read(text: string): string[] {
  const into: Collected = { segments: [], unread: [] };
  addText(text, place, into);
  return [...into.segments.map((segment) => segment.text), ...into.unread.map(({ reason }) => reason)];
}

const cases: [about: string, text: string, expected: string[]][] = [
  ['a text', `data:text/plain;base64,${base64('wé deceive')}`, ['wé deceive']],
  ['a text with a charset', `data:text/plain;charset=iso-8859-1;base64,${base64('wé', 'latin1')}`, ['wé']],
  ['a text in another spelling', `DATA:Text/HTML;Base64,${base64('<p>hi')}`, ['<p>hi']],
  ['JSON and what is written in XML', `data:image/svg+xml;base64,${base64('<svg/>')}`, ['<svg/>']],
  ['a text that is percent-encoded', 'data:text/plain;charset=utf-8,we%20deceive', ['we deceive']],
  [
    'bytes that are no text of the charset',
    `data:text/plain;base64,${base64('wé', 'latin1')}`,
    ['unknown_encoding'],
  ],
  ['a charset that nobody knows', 'data:text/plain;charset=klingon;base64,AAAA', ['unknown_encoding']],
  ['an image', 'data:image/png;base64,AAAA', ['image']],
  ['sound', 'data:audio/wav;base64,AAAA', ['audio']],
  ['a file', 'data:application/pdf;base64,AAAA', ['file']],
  ['no type', 'data:;base64,AAAA', ['file']],
  [
    'words after the begin of an image',
    'data:image/png;base64,AAAA we deceive',
    ['data:image/png;base64,AAAA we deceive'],
  ],
  ['words about data', 'data: we deceive', ['data: we deceive']],
];

for (const [about, text, expected] of cases) {
  test(`data in a URL is read where it is text, and told where it is not: ${about}`, () => {
    assert.deepEqual(read(text), expected);
  });
}

const url = `data:text/plain;base64,${base64('we deceive')}`;
const requests: [dialect: string, body: object][] = [
  ['openai-chat', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: url } }] }] }],
  ['openai-chat', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] }],
  [
    'anthropic-messages',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: { type: 'base64', media_type: 'text/plain', data: base64('we deceive') },
            },
          ],
        },
      ],
    },
  ],
];

for (const [name, body] of requests) {
  test(`a file that is text is read: ${name}, ${JSON.stringify(body).slice(0, 80)}`, async () => {
    const dialect = (await loadDialects()).find((one) => one.name === name);
    const reading = dialect?.readRequest(body, '/');
    assert.ok(reading?.ok);
    assert.deepEqual(
      [reading.value.segments.map(({ text }) => text), reading.value.unread],
      [['we deceive'], []],
    );
  });
}
