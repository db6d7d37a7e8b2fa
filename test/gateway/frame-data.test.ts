import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaceData } from '../../gateway/holding/frame-data.ts';

const replace = (frame: string, data: string, fresh: string) =>
  replaceData(Buffer.from(frame), { framing: 'events', data, fresh }).toString();

const frames: [about: string, frame: string, data: string, expected: string][] = [
  [
    'line ends and spaces stay',
    'event: x\r\ndata:{"a":1}\r\n\r\n',
    '{"a":1}',
    'event: x\r\ndata:new\r\n\r\n',
  ],
  ['a byte order mark stays', '\uFEFFdata: {"a":1}\n\n', '{"a":1}', '\uFEFFdata: new\n\n'],
  [
    'what a comment or another field says is not the data',
    ': {"a":1}\nid: {"a":1}\ndata: {"a":1}\n\n',
    '{"a":1}',
    ': {"a":1}\nid: {"a":1}\ndata: new\n\n',
  ],
  [
    'several lines become one where they were',
    ': so\ndata: {"a":\ndata: 1}\nid: 7\n\n',
    '{"a":\n1}',
    ': so\ndata: new\nid: 7\n\n',
  ],
];

for (const [about, frame, data, expected] of frames) {
  test(`other data stands in the place of an event's: ${about}`, () => {
    assert.equal(replace(frame, data, 'new'), expected);
  });
}
