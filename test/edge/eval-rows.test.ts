import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CommandFailure } from '../../gateway/commands/command.ts';
import { readEvalRows } from '../../gateway/commands/eval-rows.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-eval-'));
});
after(() => rm(folder, { recursive: true }));

async function write(content: string | Buffer): Promise<string> {
  const file = join(folder, 'rows.jsonl');
  await writeFile(file, content);
  return file;
}

const read = async (...rows: unknown[]) =>
  readEvalRows(await write(rows.map((row) => JSON.stringify(row)).join('\n')));

test('a text is one segment, of the user unless a role is given', async () => {
  const [plain, spoken] = await read(
    { text: 'a', labels: { any: 1 }, topic: 't', lang: 'en' },
    { text: 'b', labels: { any: 0, hate: 1 }, role: 'assistant' },
  );
  assert.deepEqual(plain, {
    line: 1,
    labels: new Map([['any', 1]]),
    topic: 't',
    route: null,
    segments: [{ role: 'user', text: 'a' }],
  });
  assert.deepEqual(spoken?.segments, [{ role: 'assistant', text: 'b' }]);
  assert.equal(spoken?.topic, null);
});

test('of messages only those of the judged role are segments, all where no role is given', async () => {
  const messages = [
    { role: 'developer', content: 's' },
    { role: 'user', content: 'u' },
    { role: 'function', content: 't' },
    { role: 'document', content: 'd' },
  ];
  const [all, tool] = await read({ messages, labels: {} }, { messages, labels: {}, role: 'document' });
  assert.deepEqual(all?.segments, [
    { role: 'system', text: 's' },
    { role: 'user', text: 'u' },
    { role: 'tool', text: 't' },
    { role: 'tool', text: 'd' },
  ]);
  assert.deepEqual(
    tool?.segments.map(({ text }) => text),
    ['t', 'd'],
  );
});

test('a byte order mark, CRLF, blank lines and unknown labels are no trouble; lines count as in an editor', async () => {
  const file = await write(
    '\uFEFF{"text":"a","labels":{}}\r\n\r\n{"text":"b","labels":{"any":null}}\r\n{"text":"c"}\r\n',
  );
  const rows = await readEvalRows(file);
  assert.deepEqual(
    rows.map(({ line, labels }) => [line, labels.size]),
    [
      [1, 0],
      [3, 0],
      [4, 0],
    ],
  );
});

test('a message may have parts or nothing beside its call, and a label may be true or false', async () => {
  const messages = [
    {
      role: 'user',
      content: [{ type: 'text', text: 'a' }, { type: 'image_url' }, { type: 'text', text: 'b' }],
    },
    { role: 'assistant', content: null, tool_calls: [] },
  ];
  const [row] = await read({ messages, text: null, labels: { any: true, hate: false } });
  assert.deepEqual(
    row?.segments.map(({ text }) => text),
    ['a\nb', ''],
  );
  assert.deepEqual(
    [...(row?.labels ?? [])],
    [
      ['any', 1],
      ['hate', 0],
    ],
  );
});

test('a bad row is named by file and line', async () => {
  const good = '{"text":"a","labels":{"any":1}}\n';
  const table: [content: string | Buffer, message: RegExp][] = [
    ['', /rows\.jsonl: holds no rows/],
    ['\n \n', /holds no rows/],
    [`${good}{"text":`, /rows\.jsonl:2: is not JSON/],
    [`${good}[]`, /:2: .*object/],
    ['{"text":"a","labels":[]}', /:1: labels: /],
    ['{"text":"a","labels":{"any":2}}', /:1: labels\.any: must be 0 or 1/],
    ['{"labels":{}}', /:1: must have either text or messages/],
    ['{"text":"a","messages":[],"labels":{}}', /:1: must have either text or messages/],
    ['{"messages":[],"labels":{}}', /:1: messages is empty/],
    ['{"messages":[{"role":"user","content":7}],"labels":{}}', /:1: messages\.0\.content: /],
    [
      '{"messages":[{"role":"robot","content":"a"}],"labels":{}}',
      /:1: messages\.0\.role: unknown role; known: system/,
    ],
    [
      '{"messages":[{"role":"user","content":"a"}],"labels":{},"role":"tool"}',
      /:1: no message has the role tool/,
    ],
    [Buffer.from([0x7b, 0xff, 0x7d]), /is not UTF-8/],
  ];
  for (const [content, message] of table) {
    const file = await write(content);
    await assert.rejects(readEvalRows(file), (error: Error) => {
      assert.ok(error instanceof CommandFailure, error.stack);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(readEvalRows(join(folder, 'missing.jsonl')), /missing\.jsonl: cannot be read/);
});
