import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { mapRows } from '../../gateway/commands/map-rows.ts';

/** Rows of 1 to 40, of which `fails` cannot be worked. */
async function mapped(fails: number | null) {
  const stderr = new PassThrough();
  const said = text(stderr);
  const io = {
    stdout: new PassThrough(),
    stderr,
    env: {},
    hasColours: false,
    errorsHaveColours: false,
    showsProgress: true,
  };
  let [now, most] = [0, 0];
  const work = async (row: number) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
    if (row === fails) throw new Error(`row ${row}`);
    return row * 2;
  };
  const stats = () => ({ workers: 2 }) as never;
  const rows = Array.from({ length: 40 }, (_, i) => i + 1);
  const parts = { name: 'count', rows, detector: { stats }, io, work, tokensOf: (result: number) => result };
  const outcome = await mapRows(parts).catch((error: Error) => error.message);
  stderr.end();
  return { outcome, most, said: await said };
}

test('rows are worked off in order, sixteen at once for each worker', async () => {
  const { outcome, most } = await mapped(null);
  assert.deepEqual(
    outcome,
    Array.from({ length: 40 }, (_, i) => 2 * (i + 1)),
  );
  assert.equal(most, 32);
});

test('the line that counts up is taken away, also where a row fails', async () => {
  for (const fails of [null, 7]) {
    const { outcome, said } = await mapped(fails);
    if (fails !== null) assert.equal(outcome, 'row 7');
    assert.ok(said.endsWith('\r\x1b[K'), JSON.stringify(said));
  }
});
