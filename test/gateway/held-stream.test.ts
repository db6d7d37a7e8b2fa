import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { configSchema } from '../../gateway/config/schema.ts';
import { createHeldStream } from '../../gateway/holding/held-stream.ts';
import { answerWay } from '../../gateway/policy/answer-way.ts';
import { redactBody } from '../../gateway/redaction/redact-body.ts';
import type { RuleSet } from '../../rules/index.ts';
import { ruleSetOf } from '../rules/rule-text.ts';
import { createReadings, cutAt, sorted, type Told } from './readings.ts';
import { RECORDED, type RecordedStream } from './recorded-streams.ts';
import { rule, ruleFile } from './start-gateway.ts';
import { startScan } from './start-scan.ts';

const config = configSchema.parse({});
const GONE = '[redacted]';

const rules = (t: TestContext, action: string) =>
  ruleSetOf(t, ruleFile([rule({ mode: 'enforce', target: 'any', action })]));

/** What a client gets of a stream that comes in these pieces, and how much of it before the end. */
async function held(ruleSet: RuleSet, { dialect, framing, bytes }: RecordedStream, cuts: readonly number[]) {
  const scan = startScan(ruleSet);
  const chosen = answerWay({ ruleSet, fields: {}, config, isStreamed: true });
  assert.equal(chosen.way, 'hold');
  if (chosen.way === 'hold') scan.hold(chosen, () => {});
  const gaps: string[] = [];
  const stream = createHeldStream({
    dialect,
    framing,
    limits: config.limits,
    scan,
    replacement: GONE,
    tellsDuplicates: false,
    gap: (reason) => gaps.push(reason),
    onSent: () => {},
  });
  const released: Buffer[] = [];
  const take = (isSettled: boolean) => {
    const pieces = stream.take(isSettled);
    assert.ok(pieces !== null);
    released.push(...pieces);
  };
  for (const piece of cutAt(bytes, cuts)) {
    stream.push(piece);
    for (let turn = 0; turn < 4; turn++) await setImmediate();
    take(false);
  }
  const early = Buffer.concat(released).length;
  stream.end();
  await scan.end();
  take(true);
  const findings = scan.findings().map(({ segment, span }) => [segment.id, span]);
  return { bytes: Buffer.concat(released), early, findings: findings.map(String).sort(), gaps, scan };
}

/** Segments of a stream as its client reads them. */
function readBy({ dialect, framing }: RecordedStream, bytes: Buffer): Told[] {
  const { readStream, readArray } = createReadings(dialect);
  return sorted((framing === 'events' ? readStream : readArray)(bytes.toString()).reading).texts;
}

const everywhere = ({ length }: Buffer) => Array.from({ length }, (_, at) => at);

for (const recorded of RECORDED) {
  const { name, dialect, bytes, whole } = recorded;

  test(`${name}: what is redacted reads as the redacted answer in one piece`, async (t) => {
    const ruleSet = await rules(t, 'redact');
    const streamed = await held(ruleSet, recorded, []);
    const scan = startScan(ruleSet);
    const { readAnswer } = createReadings(dialect);
    scan.add(readAnswer(whole));
    await scan.end();
    const redacted = redactBody(JSON.stringify(whole), scan.redactions(), GONE);
    assert.ok(redacted !== null);
    assert.deepEqual(readBy(recorded, streamed.bytes), sorted(readAnswer(JSON.parse(redacted))).texts);
    assert.doesNotMatch(streamed.bytes.toString() + redacted, /deceive/);
    assert.deepEqual(streamed.gaps, []);
    assert.equal(
      new Set(streamed.findings).size,
      new Set(scan.findings().map(({ segment }) => segment.id)).size,
    );
  });

  test(`${name}: cut at every position, the findings and the redacted bytes are the same`, async (t) => {
    const ruleSet = await rules(t, 'redact');
    const unsplit = await held(ruleSet, recorded, []);
    const bytewise = await held(ruleSet, recorded, everywhere(bytes));
    assert.equal(bytewise.bytes.toString(), unsplit.bytes.toString());
    assert.deepEqual(bytewise.findings, unsplit.findings);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { minLength: 1, maxLength: 6 }), async (cuts) => {
        const split = await held(ruleSet, recorded, cuts);
        assert.equal(split.bytes.toString(), unsplit.bytes.toString());
        assert.deepEqual(split.findings, unsplit.findings);
      }),
      { numRuns: 6 },
    );
  });

  test(`${name}: a held stream in which nothing matches is the same bytes, and most of it goes on early`, async (t) => {
    const quiet = rule({ mode: 'enforce', target: 'any', concept: 'jailbreak' });
    const passed = await held(await ruleSetOf(t, ruleFile([quiet])), recorded, everywhere(bytes));
    assert.equal(passed.bytes.toString(), bytes.toString());
    assert.ok(passed.early > bytes.length / 2);
    assert.deepEqual(passed.findings, []);
  });
}
