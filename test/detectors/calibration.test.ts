import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCalibration, rarityOn, thresholdFor, wilson } from '../../detectors/calibration.ts';
import type { CalibrationRefusal, Threshold } from '../../detectors/index.ts';

const aggregate = { kind: 'max_rolling_mean', window: 8 } as const;

/** A calibration file of one signal, as `training/export_files.py` writes it. */
function fileOf(curves: { role: string | null; segments: number; ranks: number[]; values: number[] }[]) {
  let offset = 0;
  const heads = curves.map(({ role, segments, values }) => {
    const head = { signal: 'concept/x', aggregate, role, segments, count: values.length, offset };
    offset += 8 * values.length;
    return head;
  });
  const text = JSON.stringify({ traffic: 'made up', curves: heads });
  const head = Buffer.from(text + ' '.repeat(-text.length & 3));
  const arrays = curves.flatMap(({ ranks, values }) => [Uint32Array.from(ranks), Float32Array.from(values)]);
  const start = Buffer.alloc(8);
  start.write('TTC1');
  start.writeUInt32LE(head.length, 4);
  const bytes = Buffer.concat([start, head, ...arrays.map((a) => Buffer.from(a.buffer))]);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function whole(values: number[], role: string | null = null) {
  const sorted = [...values].sort((a, b) => b - a);
  return { role, segments: values.length, ranks: sorted.map((_, i) => i + 1), values: sorted };
}

function threshold(
  file: Uint8Array<SharedArrayBuffer>,
  rate: number,
  role?: 'user',
): Threshold | CalibrationRefusal {
  return thresholdFor(parseCalibration(file), 'concept/x', { aggregate, rate, role });
}

const scores = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 100, maxLength: 400 });

test('at most the promised share of the sample reaches a threshold, and no lower score would do', () => {
  fc.assert(
    fc.property(scores, fc.double({ min: 0.05, max: 0.5, noNaN: true }), (values, rate) => {
      const found = threshold(fileOf([whole(values)]), rate);
      assert.ok('value' in found);
      const reach = values.filter((v) => v >= found.value).length;
      assert.ok(reach <= rate * values.length, `${reach} of ${values.length}`);
      const next = Math.max(...values.filter((v) => v < found.value));
      assert.ok(values.filter((v) => v >= next).length > rate * values.length);
      assert.ok(found.interval[0] <= reach / values.length && reach / values.length <= found.interval[1]);
    }),
  );
});

test('a rate that the sample cannot carry is refused with the number of segments missing', () => {
  const found = threshold(fileOf([whole(Array.from({ length: 1000 }, (_, i) => i))]), 1 / 2000);
  assert.ok('refused' in found);
  assert.equal(found.refused, 'sample too small');
  assert.equal(found.segmentsMissing, 9000);
  assert.match(found.message, /10000 ordinary segments, the sample has 1000/);
});

test('a curve that keeps too few scores for a rate is refused, one unknown too', () => {
  const cut = { role: null, segments: 10_000, ranks: [1, 2, 3, 4, 5, 6], values: [9, 8, 7, 6, 5, 4] };
  const tooFew = threshold(fileOf([cut]), 0.01);
  assert.ok('refused' in tooFew && tooFew.refused === 'no calibration');
  const calibration = parseCalibration(fileOf([cut]));
  const unknown = thresholdFor(calibration, 'concept/y', { aggregate, rate: 0.01, role: undefined });
  assert.ok('refused' in unknown && unknown.refused === 'no calibration');
});

test("a role's own segments give its threshold where they carry the rate, all segments elsewhere", () => {
  const all = whole(Array.from({ length: 2000 }, (_, i) => i));
  const own = whole(
    Array.from({ length: 200 }, (_, i) => -i),
    'user',
  );
  const [often, rarely] = [0.05, 0.005].map((rate) => threshold(fileOf([all, own]), rate, 'user'));
  assert.ok(often && 'value' in often && often.segments === 200 && /user segments alone/.test(often.traffic));
  assert.ok(rarely && 'value' in rarely && rarely.segments === 2000);
});

test('rarity is the share of the sample where the sample speaks, and never falls as scores rise', () => {
  fc.assert(
    fc.property(
      scores,
      fc.array(fc.double({ min: -90, max: 90, noNaN: true }), { maxLength: 20 }),
      (values, asked) => {
        const curve = parseCalibration(fileOf([whole(values)])).curve('concept/x', aggregate);
        assert.ok(curve);
        for (const value of values.slice(0, 20)) {
          const share = values.filter((v) => v >= value).length / values.length;
          assert.ok(Math.abs(rarityOn(curve, value) + Math.log10(share)) < 1e-9);
        }
        const found = asked.sort((a, b) => a - b).map((value) => rarityOn(curve, value));
        assert.ok(found.every((r, i) => Number.isFinite(r) && r >= 0 && r >= (found[i - 1] ?? 0) - 1e-12));
      },
    ),
  );
});

test('rarities are those of the training', () => {
  const { rarities } = JSON.parse(readFileSync('test/golden/model.json', 'utf8')) as {
    rarities: { signal: 'concept/x'; aggregate: typeof aggregate; scores: number[]; rarities: number[] }[];
  };
  const bytes = readFileSync('models/default/calibration.bin');
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const calibration = parseCalibration(shared);
  for (const expected of rarities) {
    const curve = calibration.curve(expected.signal, expected.aggregate);
    assert.ok(curve, expected.signal);
    for (const [i, score] of expected.scores.entries()) {
      assert.ok(
        Math.abs(rarityOn(curve, score) - (expected.rarities[i] ?? Number.NaN)) < 1e-9,
        expected.signal,
      );
    }
  }
  assert.ok(rarities.length > 5);
});

test("Wilson's interval holds the proportion and has its known value", () => {
  const [low, high] = wilson(5, 1000);
  assert.ok(Math.abs(low - 0.00214) < 1e-4 && Math.abs(high - 0.01165) < 1e-4);
  assert.deepEqual(
    wilson(0, 100).map((x) => x.toFixed(4)),
    ['0.0000', '0.0370'],
  );
});
