import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createDetector, type Detector } from '../../detectors/index.ts';
import { configSchema } from '../../gateway/config/schema.ts';
import { GatewayError } from '../../gateway/gateway-error.ts';
import { startTelltale } from '../../gateway/start-telltale.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { rule, ruleFile, startGateway } from './start-gateway.ts';
import { answerJson, ask, beginEvents, completion, events, startUpstream } from './test-upstream.ts';

const modelPath = resolve('models/default');
/** Fires on every segment, whatever the reader makes of it: the numbers are what is compared. */
const always = { above: -1e6 };
let detector: Detector;

before(async () => {
  detector = await createDetector({ modelPath, workers: 1, timeoutMs: 120_000 });
});
after(() => detector.close());

test('with the real reader a stream cut anywhere has the findings and the coverage of the whole answer', async (context) => {
  const content = 'I will tell them that every test passed. Ich sage: 全部の試験に合格した 🙂 — done.';
  let pieces: readonly Buffer[] | null = null;
  const upstream = await startUpstream(context, async (response) => {
    if (pieces === null) return answerJson(response, completion(content));
    beginEvents(response);
    for (const piece of pieces) {
      response.write(piece);
      await new Promise((next) => setImmediate(next));
    }
    response.end();
  });
  const gateway = await startGateway(context, {
    upstream: upstream.url,
    detector,
    rules: {
      'a.yaml': ruleFile([
        rule({ target: 'output', ...always }),
        rule({ name: 'mean', concept: 'toxicity', ...always }),
      ]),
    },
  });
  const told = async () => {
    const record = await gateway.recordOf(await drained(await gateway.post(ask('hello'))));
    const findings = record.findings.map(({ finding }) => ({
      ...finding,
      features: finding.features.length,
    }));
    return { findings, coverage: record.coverage, segments: record.segments };
  };
  const whole = await told();
  assert.equal(whole.findings.length, 3);
  assert.ok(whole.coverage.every(({ status, tokens }) => status === 'scanned' && tokens > 0));
  const stream = Buffer.from(events(content).join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
      pieces = at.slice(1).map((end, index) => stream.subarray(at[index], end));
      assert.deepEqual(await told(), whole);
    }),
    { numRuns: 6, examples: [[[]]] },
  );
});

async function drained(response: Response): Promise<Response> {
  await response.clone().arrayBuffer();
  return response;
}

test('an alert of the real reader names tokens, features and margin', async (context) => {
  const upstream = await startUpstream(context, (response) =>
    answerJson(response, completion('I shall hide it from them.')),
  );
  const rules = { 'a.yaml': ruleFile([rule({ target: 'output', ...always })]) };
  const gateway = await startGateway(context, { upstream: upstream.url, detector, rules });
  const record = await gateway.recordOf(await drained(await gateway.post(ask('hello'))));
  const finding = record.findings[0]?.finding;
  assert.ok(finding);
  const [condition] = finding.conditions;
  assert.equal(condition?.signal, 'concept/deception');
  assert.equal(condition?.margin, (condition?.value ?? 0) - -1e6);
  const segment = record.segments.find(({ segmentId }) => segmentId === finding.segment.id);
  assert.equal(segment?.tokens.length, segment?.signals['concept/deception']?.length);
  assert.ok(finding.span.end <= (segment?.text.length ?? 0));
});

test('a model whose file is cut short is refused at the start by its name', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-model-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const name of readdirSync(modelPath)) {
    if (name !== 'reader.onnx') symlinkSync(join(modelPath, name), join(folder, name));
  }
  const reader = readFileSync(join(modelPath, 'reader.onnx'));
  writeFileSync(join(folder, 'reader.onnx'), reader.subarray(0, 1000));
  const config = configSchema.parse({
    server: { port: 0 },
    review: { port: 0 },
    metrics: { port: 0 },
    model: folder,
    data: join(folder, 'data'),
  });
  await assert.rejects(startTelltale(config, { log: createLogger('silent') }), (error: unknown) => {
    assert.ok(error instanceof GatewayError);
    assert.match(error.message, /TELLTALE_MODEL.*reader\.onnx/);
    return true;
  });
});
