import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApis } from './client-apis.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { PARTED_PLACES } from './text-in-parts.ts';

const GONE = '[redacted]';
const [chat = assert.fail()] = PARTED_PLACES;

for (const place of PARTED_PLACES) {
  test(`${place.name}: what only its parts together say is blocked before the upstream`, async (context) => {
    const upstream = await startApis(context);
    const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce' })]) };
    const gateway = await startGateway(context, { upstream: upstream.url, rules, config: OBEY });
    const send = (body: object) =>
      fetch(gateway.url + place.target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const said of ['please dec', 'eive them']) assert.equal((await send(place.body(said))).status, 200);
    assert.equal(upstream.arrived.length, 2);
    const blocked = await send(place.body('please dec', 'eive them'));
    assert.equal(blocked.status, 451);
    assert.equal(upstream.arrived.length, 2);
    const { findings, coverage, segments } = await gateway.recordOf(blocked);
    const [{ finding, excerpt } = assert.fail(), ...more] = findings;
    assert.deepEqual([finding.segment.pointer, more], [place.list, []]);
    const told = segments.find(({ segmentId }) => segmentId === finding.segment.id)?.text ?? assert.fail();
    assert.equal(told, 'please deceive them');
    assert.equal(told.slice(finding.span.start, finding.span.end), 'deceive');
    assert.match(JSON.stringify(excerpt), /please deceive them/);
    assert.deepEqual(
      coverage
        .filter(({ pointer }) => pointer.startsWith(place.list))
        .map(({ pointer, status }) => [pointer, status]),
      [0, 1, null].map((i) => [i === null ? place.list : `${place.list}/${i}/text`, 'scanned']),
    );
  });
}

/** Under this status a block is one in every API. */
const OBEY = { policy: { block_status: 451 } };

test('what is redacted over the border of two parts is taken out of both, and all else keeps its bytes', async (context) => {
  const upstream = await startApis(context);
  const rules = { 'a.yaml': ruleFile([rule({ mode: 'enforce', action: 'redact' })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, rules });
  const written = JSON.stringify(chat.body('it is "so" dec', 'eive', ' all\u00e9', ' and deceive'), null, 2);
  assert.equal((await gateway.post(written)).status, 200);
  const expected = written
    .replace(/dec(?=")/, GONE)
    .replace(/"eive"/, `"${GONE}"`)
    .replace('deceive', GONE);
  assert.equal(upstream.arrived[0]?.body.toString(), expected);
});
