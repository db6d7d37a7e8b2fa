import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createExemplars } from '../../gateway/telemetry/exemplars.ts';
import { createTelemetry, type ExchangeEnd, type ExchangeStart } from '../../gateway/telemetry/index.ts';
import { isInSample } from '../../gateway/telemetry/sampling.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../services/otlp-receiver.ts';
import { reportExchange } from './telemetry-samples.ts';

let receiver: OtlpReceiver;
before(async () => {
  receiver = await startOtlpReceiver();
});
after(() => receiver?.close());

interface Kind {
  readonly start?: Partial<ExchangeStart>;
  readonly end?: Partial<ExchangeEnd>;
}

/** How many of so many exchanges of a kind arrive, and with how many spans. */
async function arrived(sampleRatio: number, kind: Kind, count = 40, trustTraceContext = false) {
  const telemetry = createTelemetry({
    version: '1',
    otlpEndpoint: receiver.endpoint,
    spanDelayMs: 5,
    closeTimeoutMs: 60_000,
    exportTimeoutMs: 60_000,
    sampleRatio,
    trustTraceContext,
  });
  const traces = Array.from({ length: count }, () => reportExchange(telemetry, kind.start, kind.end));
  await telemetry.close();
  const spans = receiver.spans.all.filter(({ traceId }) => traces.includes(traceId));
  return { exchanges: spans.filter(({ kind: of }) => of === 2).length, spans: spans.length, traces };
}

const pass = { verdict: 'pass' } as const;
const callerOf = (digit: string, flags: string) => ({
  traceparent: `00-${digit.repeat(32)}-b7ad6b7169203331-${flags}`,
});

test('every flagged, redacted, blocked or failed exchange is traced whole, even where nothing is sampled', async () => {
  for (const verdict of ['flag', 'redact', 'block'] as const) {
    const { exchanges, spans } = await arrived(0, { end: { verdict } });
    assert.deepEqual({ exchanges, spans }, { exchanges: 40, spans: 240 }, verdict);
  }
  assert.equal((await arrived(0, { end: { ...pass, error: 'upstream_timeout' } })).exchanges, 40);
});

test('of the others the sample is traced: none, all, or those whose trace is in it', async () => {
  assert.deepEqual((await arrived(0, { end: pass })).spans, 0);
  assert.equal((await arrived(1, { end: pass })).exchanges, 40);
  const { exchanges, traces } = await arrived(0.5, { end: pass }, 200);
  const expected = traces.filter((traceId) => traceId !== null && isInSample(traceId, 0.5)).length;
  assert.equal(exchanges, expected);
  assert.ok(expected > 0 && expected < 200);
});

test('under a trusted caller its own sampling holds, but not for what is flagged', async () => {
  const trusted = (flags: string, digit: string, end: Partial<ExchangeEnd>) =>
    arrived(0, { start: callerOf(digit, flags), end }, 1, true);
  assert.equal((await trusted('01', 'a', pass)).exchanges, 1);
  assert.equal((await trusted('00', 'b', pass)).exchanges, 0);
  assert.equal((await trusted('00', 'c', { verdict: 'flag' })).exchanges, 1);
});

test('exemplars beyond the series that are kept are counted', () => {
  let dropped = 0;
  const exemplars = createExemplars([1], () => {
    dropped += 1;
  });
  const note = (dialect: string) => exemplars.note('m', { dialect }, { value: 0.5, traceId: 'a' });
  for (let series = 0; series < 1_000; series += 1) note(`d${series}`);
  assert.equal(dropped, 0);
  note('one more');
  note('d7');
  assert.equal(dropped, 1);
});
