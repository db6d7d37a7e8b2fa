import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, chunk, completion, startUpstream } from './test-upstream.ts';

/** The bounds that hold where the configuration says nothing. */
const MIB = 1024 * 1024;
const STEPS = [-1, 0, 1] as const;

async function startShipped(context: TestContext, rules?: Readonly<Record<string, string>>) {
  const upstream = await startUpstream(context, (response) => {
    response.setHeader('connection', 'close');
    answerJson(response, completion('fine'));
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    ...(rules === undefined ? {} : { rules }),
  });
  return { upstream, gateway };
}

/** Making a body takes this process a while, in which an idle connection comes to its end. */
const ONCE = { connection: 'close' };

/** A request of so many bytes, of which those past its end are blanks of any kind: they hardly compress. */
function requestOf(bytes: number, blanksOf: (index: number) => Buffer = () => SPACES): Buffer {
  const body = Buffer.alloc(bytes, 0x20);
  for (let at = 0; at < bytes; at += SPACES.length) blanksOf(at).copy(body, at);
  Buffer.from(JSON.stringify(ask('hello'))).copy(body);
  return body;
}

const SPACES = Buffer.alloc(32 * 1024, 0x20);

/** One byte in eight is of four kinds, the others are spaces: some thirty times smaller when it is encoded. */
function mixedBlanks(): Buffer {
  const blanks = Buffer.from(SPACES);
  for (const [index, byte] of randomBytes(blanks.length / 8).entries()) {
    blanks[index] = [0x20, 0x09, 0x0a, 0x0d][byte & 3] ?? 0x20;
  }
  return blanks;
}

/** A gzip member of exactly so many bytes: the name in its header fills it up. */
function gzipOf(plain: Buffer, bytes: number): Buffer {
  const packed = gzipSync(plain);
  const name = Buffer.concat([Buffer.alloc(bytes - packed.length - 1, 'n'), Buffer.from([0])]);
  const head = Buffer.from(packed.subarray(0, 10));
  head[3] = 0x08;
  return Buffer.concat([head, name, packed.subarray(10)]);
}

test('what a request may be where the configuration says nothing', async (context) => {
  const { gateway, upstream } = await startShipped(context);

  await context.test('a body of 10 MiB passes, one byte more is refused', async () => {
    for (const step of STEPS) {
      const response = await gateway.post(requestOf(10 * MIB + step), { headers: ONCE });
      assert.equal(response.status, step < 1 ? 200 : 413);
      const text = await response.text();
      if (step === 1) assert.match(text, /"code":"body_too_large"/);
      else assert.equal(upstream.arrived.at(-1)?.body.length, 10 * MIB + step);
    }
  });

  await context.test('a body that decodes to 32 MiB passes, one byte more is refused', async () => {
    const blanks = mixedBlanks();
    for (const step of STEPS) {
      const body = gzipSync(
        requestOf(32 * MIB + step, () => blanks),
        { level: 1 },
      );
      assert.ok(body.length < 10 * MIB && body.length * 100 > 32 * MIB, `${body.length} bytes encoded`);
      const response = await gateway.post(body, { headers: { ...ONCE, 'content-encoding': 'gzip' } });
      const text = await response.text();
      assert.equal(response.status, step < 1 ? 200 : 400, text);
      if (step === 1) assert.match(text, /more than 33554432 decoded bytes/);
    }
  });

  await context.test(
    'a body of a hundred times its encoded size passes, one byte less of that is refused',
    async () => {
      const plain = requestOf(1_000_000);
      for (const step of STEPS) {
        const body = gzipOf(plain, 10_000 - step);
        assert.equal(body.length, 10_000 - step);
        const response = await gateway.post(body, { headers: { ...ONCE, 'content-encoding': 'gzip' } });
        const text = await response.text();
        assert.equal(response.status, step < 1 ? 200 : 400, text);
        if (step === 1) assert.match(text, /decodes to more than 100 times its size/);
      }
    },
  );

  await context.test('64 levels of JSON pass, 65 are refused', async () => {
    for (const step of STEPS) {
      // The body itself is one level.
      const lists = 63 + step;
      const body = `{"model":"m","messages":[{"role":"user","content":"hi"}],"odd":${'['.repeat(lists)}${']'.repeat(lists)}}`;
      const response = await gateway.post(body, { headers: ONCE });
      const text = await response.text();
      assert.equal(response.status, step < 1 ? 200 : 400, text);
      if (step === 1) assert.match(text, /"code":"depth"/);
    }
  });
});

test('a line of 1 MiB of a stream is read, one byte more passes and is told', async (context) => {
  let line = '';
  const upstream = await startUpstream(context, (response) => {
    beginEvents(response);
    response.end(`${line}\n\ndata: [DONE]\n\n`);
  });
  const gateway = await startGateway(context, { upstream: upstream.url });
  const frame = chunk({ delta: { content: '' } }).trimEnd().length;
  for (const step of STEPS) {
    line = chunk({ delta: { content: `deceive ${'x'.repeat(MIB + step - frame - 8)}` } }).trimEnd();
    assert.equal(line.length, MIB + step);
    const response = await gateway.post(ask('hello', { stream: true }));
    assert.equal((await response.text()).length, line.length + 2 + 'data: [DONE]\n\n'.length);
    const { coverage, findings } = await gateway.recordOf(response);
    assert.equal(
      coverage.some(({ reason }) => reason === 'over_cap'),
      step === 1,
    );
    assert.equal(findings.length, step === 1 ? 0 : 1);
  }
});

const broken: [name: string, body: Buffer, code: string][] = [
  ['a byte that begins nothing', Buffer.from([0xff]), 'bad_utf8'],
  ['a character written too long', Buffer.from([0xc0, 0xaf]), 'bad_utf8'],
  ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), 'bad_utf8'],
  ['a character past the last', Buffer.from([0xf4, 0x90, 0x80, 0x80]), 'bad_utf8'],
  ['a character that is cut', Buffer.from([0xe2, 0x82]), 'bad_utf8'],
];

test('bytes that are not UTF-8 are refused wherever they stand, whatever the rules do', async (context) => {
  for (const rules of [undefined, { 'a.yaml': ruleFile([rule({ mode: 'enforce' })]) }]) {
    const { gateway, upstream } = await startShipped(context, rules);
    for (const [name, bytes, code] of broken) {
      const body = Buffer.concat([
        Buffer.from('{"model":"m","messages":[{"role":"user","content":"'),
        bytes,
        Buffer.from('"}]}'),
      ]);
      const response = await gateway.post(body);
      assert.equal(response.status, 400, name);
      assert.match(await response.text(), new RegExp(`"code":"${code}"`), name);
    }
    assert.equal(upstream.arrived.length, 0);
    assert.equal((await gateway.post(ask('a good — text'))).status, 200);
  }
});
