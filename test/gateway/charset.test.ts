import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOtherText } from '../../gateway/reading/charset.ts';
import { startAnswering } from './start-answering.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { ask } from './test-upstream.ts';

const types: readonly (readonly [type: string | undefined, text: string, isOther: boolean])[] = [
  [undefined, 'é', false],
  ['application/json', 'é', false],
  ['application/json; charset=UTF-8', 'é', false],
  ['application/json;charset="utf8"; x=y', 'é', false],
  ['application/json; charset=iso-8859-1', 'plain', false],
  ['application/json; charset=iso-8859-1', 'é', true],
  ['application/json; charset=windows-1252', 'é', true],
  ['application/json; charset=utf-7', 'plain', true],
  ['application/json; Charset = utf-16le', 'plain', true],
  ['application/json; charset=ibm037', 'plain', true],
];

for (const [type, text, isOther] of types) {
  test(`${JSON.stringify(text)} as ${type} is ${isOther ? 'another text' : 'the same text'} by its header`, () => {
    assert.equal(isOtherText(type, Buffer.from(text)), isOther);
  });
}

test('a body that its header makes another text is told, and refused where a rule enforces on any text', async (context) => {
  const headers = { 'content-type': 'application/json; charset=utf-7' };
  const flagging = await startAnswering(context);
  const passed = await flagging.gateway.post(ask('+AGQ-eceive'), { headers });
  assert.equal(passed.status, 200);
  const { coverage } = await flagging.gateway.recordOf(passed);
  assert.deepEqual(
    coverage.flatMap(({ segmentId, reason }) => (reason === null ? [] : [`${segmentId} ${reason}`])),
    ['request unknown_encoding'],
  );
  for (const target of ['input', 'system']) {
    const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', target })]) };
    const enforcing = await startAnswering(context, { rules });
    const refused = await enforcing.gateway.post(ask('+AGQ-eceive'), { headers });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /unknown_encoding/);
    assert.equal(enforcing.upstream.arrived.length, 0);
  }
});

test('where no rule reads, the header changes nothing of what is told', async (context) => {
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'off' })]) };
  const { gateway } = await startAnswering(context, { rules });
  const body = JSON.stringify(ask('né'));
  const headers = { 'content-type': 'application/json; charset=iso-8859-1' };
  const { coverage } = await gateway.recordOf(await gateway.post(body, { headers }));
  assert.deepEqual(
    coverage.map(({ segmentId, status, reason }) => [segmentId, status, reason]),
    [
      ['request', 'skipped', 'no_rules'],
      ['response', 'skipped', 'no_rules'],
    ],
  );
  assert.equal(coverage[0]?.bytes, Buffer.byteLength(body));
});
