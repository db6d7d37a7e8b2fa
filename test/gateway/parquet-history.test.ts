import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { KeptRange } from '../../alerts/index.ts';
import type { SignalId } from '../../detectors/index.ts';
import { openParquetSource } from '../../gateway/commands/parquet-source.ts';
import { createReplayer, type KeptSegment, type OpenedExchange, type RuleSet } from '../../rules/index.ts';
import { compileFiles } from '../../rules/load.ts';
import { featureset } from '../rules/featureset.ts';
import {
  ALL,
  exportTo,
  type Rewrite,
  type Row,
  readBack,
  reading,
  rewritten,
  type StoredExchange,
  segment,
  stored,
  UNTIL,
} from './exported-history.ts';

const folder = mkdtempSync(join(tmpdir(), 'telltale-history-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const fresh = () => {
  files += 1;
  return join(folder, `${files}.parquet`);
};

function rules(thresholds: readonly number[]): RuleSet {
  const [deception = 1, jailbreak = 1, seven = 1, honest = 1, spread = 1] = thresholds;
  const conditions = [
    `signal: {concept: deception}, above: ${deception}`,
    `signal: {concept: jailbreak}, above: ${jailbreak}, aggregate: sum`,
    `signal: {feature: 7}, above: ${seven}`,
    `signal: {probe: honesty}, above: ${honest}`,
    `signal: {concept: deception}, above: ${spread}, aggregate: sum, per: exchange`,
    'signal: {feature: 99}, above: 1',
  ];
  const texts = conditions.map(
    (condition, i) =>
      `  - {id: 0c1f6a52-7d8e-4c0b-9a34-00000000000${i}, name: rule-${i}, title: A, description: B, status: test, version: 1, level: low, mode: flag, target: any, detection: {met: {${condition}}}, condition: met}\n`,
  );
  const source = { file: 'a.yaml', text: `version: 1\nrules:\n${texts.join('')}` };
  const loaded = compileFiles({ sources: [source], problems: [] }, featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.ruleSet;
}

/** All that a set of rules can tell of an exchange, and what stands for the words of its findings. */
function toldOf(opened: OpenedExchange, ruleSet: RuleSet) {
  const { findings, unjudged } = opened.judge(ruleSet);
  const { featuresetDigest, ruleSetDigest, verdict, fired, correlated, segments } = opened.exchange;
  const about = { featuresetDigest, ruleSetDigest, verdict, fired, correlated };
  const places = segments.map(({ ref, fields, status, reason, computed }) => ({
    ref,
    fields,
    status,
    reason,
    computed,
  }));
  return { findings, unjudged, prints: findings.map(opened.printOf), tokens: opened.tokens, about, places };
}

const values = fc.float({ min: Math.fround(0.001), max: 50, noNaN: true });
const tokens = fc.array(
  fc.dictionary(fc.constantFrom('7', '10', '11', '12', '30', '31', '32', '60'), values, {
    noNullPrototype: true,
  }),
  { maxLength: 12 },
);
const signalLists: readonly (readonly SignalId[])[] = [
  ALL,
  ['concept/deception'],
  ['probe/honesty', 'feature/7'],
];

const segments = fc
  .record({
    signals: fc.constantFrom(...signalLists),
    isWholeDictionary: fc.boolean(),
    texts: fc.array(tokens, { maxLength: 2 }),
    isFinished: fc.boolean(),
    language: fc.constantFrom(undefined, null, 'de'),
    tool: fc.constantFrom(undefined, null, 'shell'),
    route: fc.constantFrom(null, '/v1/chat', 'a "route", with\u00a0marks'),
    target: fc.constantFrom('input' as const, 'tool_result' as const),
  })
  .map((made) => (place: number): KeptSegment => {
    const { signals, isWholeDictionary, texts, isFinished, language, tool, route, target } = made;
    const plain = segment(place);
    const readings = texts.map((rows, i) => {
      const changes = i === 0 ? null : (['encoded'] as const);
      return { ...reading(rows, signals), isFinished: isFinished || i > 0, changes };
    });
    const read = texts.length > 0;
    return {
      ...plain,
      ref: {
        ...plain.ref,
        target,
        ...(language !== undefined && { language }),
        ...(tool !== undefined && { tool }),
      },
      fields: { route },
      status: read ? 'scanned' : 'skipped',
      reason: read ? null : 'no_rules',
      computed: { signals, isWholeDictionary },
      readings,
    };
  });

const histories = fc.array(fc.array(segments, { maxLength: 3 }), { minLength: 1, maxLength: 4 });

test('rules find in an exported file what they find in the store, whatever was kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      fc.array(fc.double({ min: -2, max: 40, noNaN: true }), { minLength: 5, maxLength: 5 }),
      fc.boolean(),
      async (history, thresholds, withConcepts) => {
        const ruleSet = rules(thresholds);
        const exchanges = history.map((made, number) =>
          stored(number, {
            segments: made.map((one, place) => one(place)),
            ...(number % 2 === 0 && { correlated: [{ id: 'c', name: 'came together', isAlerting: true }] }),
          }),
        );
        const back = await readBack(exportTo(fresh(), exchanges, withConcepts));
        const replayer = createReplayer(featureset);
        assert.deepEqual(
          back.map((one) => toldOf(one, ruleSet)),
          exchanges.map(({ exchange }) => toldOf(replayer.open(exchange), ruleSet)),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('a file that another program wrote again is read, as long as each exchange is whole', async () => {
  const ruleSet = rules([1, 1, 1, -1, 1]);
  const exchanges = [stored(1), stored(2, { segments: [] }), stored(3), stored(4)];
  const path = exportTo(fresh(), exchanges);
  const all = (await readBack(path)).map((one) => toldOf(one, ruleSet));
  assert.ok((all[0]?.findings.length ?? 0) > 3);
  const rewrites: readonly Rewrite[] = [
    { codec: 'SNAPPY' },
    { codec: 'UNCOMPRESSED', groupRows: 1 },
    { groupRows: 7 },
    { types: { token: 'INT64', value: 'DOUBLE' } },
  ];
  for (const rewrite of rewrites) {
    const again = await rewritten(path, (rows) => rows.map((row) => toTypes(row, rewrite)), rewrite);
    const told = (await readBack(again)).map((one) => toldOf(one, ruleSet));
    assert.deepEqual(told, all, JSON.stringify(rewrite));
  }
  const some = await rewritten(path, (rows) => rows.filter(({ exchange }) => exchange !== 'exchange-3'));
  const left = (await readBack(some)).map((one) => toldOf(one, ruleSet));
  assert.deepEqual(left, [all[0], all[1], all[3]], 'exchanges may be left out');
});

const toTypes = (row: Row, { types = {} }: Rewrite): Row =>
  types['token'] === 'INT64' ? { ...row, token: BigInt(Number(row['token'])) } : row;

test('several files are one history, in the order of the ends', async () => {
  const one = exportTo(fresh(), [stored(1), stored(4), stored(9)]);
  const two = exportTo(fresh(), [stored(2), stored(3, { verdict: 'flag' }), stored(12)]);
  const last = exportTo(fresh(), [stored(20, { verdict: 'block' })]);
  const none = exportTo(fresh(), []);
  const verdicts = (await readBack(last, one, none, two)).map(({ exchange }) => exchange.verdict);
  assert.deepEqual(verdicts, ['pass', 'pass', 'flag', 'pass', 'pass', 'pass', 'block']);
});

async function refused(why: RegExp, ...paths: readonly string[]): Promise<void> {
  await assert.rejects(readBack(...paths), (error: Error & { code?: string }) => {
    assert.match(error.message, why);
    assert.equal(error.code, 'PARQUET_UNREADABLE', error.stack);
    assert.ok(
      paths.some((path) => error.message.startsWith(`${path}: `)),
      error.message,
    );
    return true;
  });
}

const edit = (at: number, change: Row) => (rows: Row[]) =>
  rows.map((row, i) => (i === at ? { ...row, ...change } : row));

/** The column `replay` of the first row, changed. */
const editCell = (change: (cell: Record<string, unknown>) => object) => (rows: Row[]) => {
  const cell = JSON.parse(String(rows[0]?.['replay']));
  return edit(0, { replay: JSON.stringify({ ...cell, ...change(cell) }) })(rows);
};

test('a file whose rows are not those that were exported is refused with the row', async () => {
  const path = exportTo(fresh(), [stored(1), stored(2)]);
  const swapped = (rows: Row[]) => [
    ...rows.slice(0, 2),
    ...rows.slice(3, 4),
    ...rows.slice(2, 3),
    ...rows.slice(4),
  ];
  const second = (rows: Row[]) => rows.findIndex(({ exchange }) => exchange === 'exchange-2');
  const table: [what: string, change: (rows: Row[]) => Row[], why: RegExp][] = [
    [
      'a value is changed',
      edit(1, { value: 0.25 }),
      /row \d+: segment "request\/messages\/0\/content" of exchange exchange-1: its values are not those/,
    ],
    [
      'a value is not finite',
      edit(1, { value: Number.NaN }),
      /row 2: value NaN: an activation is a finite number/,
    ],
    ['a value is missing', edit(1, { value: null }), /row 2: column value is empty/],
    [
      'a row is missing',
      (rows) => rows.toSpliced(3, 1),
      /row \d+: 1 of the 11 rows of exchange exchange-1 are missing/,
    ],
    [
      'the end is missing',
      (rows) => rows.slice(0, -2),
      /ends after row 20, and 2 of the 11 rows of exchange exchange-2 are missing/,
    ],
    [
      'the beginning is missing',
      (rows) => rows.slice(1),
      /row 1: begins no exchange: column replay is empty/,
    ],
    ['two rows are swapped', swapped, /row \d+: .*rows must stand as they were exported|its values are not/],
    [
      'sorted by signal',
      (rows) => rows.toSorted((a, b) => String(a['signal']).localeCompare(String(b['signal']))),
      /row \d+: /,
    ],
    [
      'exchanges out of order',
      (rows) => [...rows.slice(second(rows)), ...rows.slice(0, second(rows))],
      /row 12: exchange exchange-1 ended \S+, before exchange exchange-2 that stands above it/,
    ],
    [
      'an exchange twice',
      (rows) => [...rows.slice(0, second(rows)), ...rows],
      /row 22: exchange exchange-1 ends at row 11 already/,
    ],
    ['a token too far', edit(2, { token: 5 }), /row 3: token 5 of a text of 5 tokens/],
    [
      'an unknown signal',
      edit(2, { signal: 'feature/100' }),
      /row 3: signal "feature\/100" is none of the featureset/,
    ],
    ['no number', edit(2, { signal: 'feature/1e1' }), /row 3: signal "feature\/1e1" is none/],
    ['no JSON', edit(0, { replay: '{"version": 1' }), /row 1: column replay is no JSON/],
    [
      'another version',
      editCell(() => ({ version: 2 })),
      /row 1: column replay is of version 2, where 1 is read: export it again/,
    ],
    [
      'a key that nobody knows',
      editCell(() => ({ more: 1 })),
      /row 1: column replay is not as rules export writes it: /,
    ],
    [
      'another featureset',
      editCell(() => ({ featuresetDigest: 'beef' })),
      /row 1: exchange exchange-1 was read with the featureset "beef", the loaded one is tiny 1, feed/,
    ],
    [
      'a name that writes on terminals',
      editCell(() => ({ exchangeId: 'a\u001b[2J' })),
      /row 1: column replay is not as rules export writes it: exchangeId/,
    ],
    [
      'a rule that does',
      editCell(() => ({ fired: [{ id: 'i', name: '\u001b]0;', isAlerting: true }] })),
      /has a name with a control character/,
    ],
    [
      'more rows than it has',
      editCell(() => ({ rows: 4_000_000_000 })),
      /is of 4000000000 rows, and of 11 in its readings/,
    ],
  ];
  for (const [what, change, why] of table) {
    const changed = await rewritten(path, change);
    await refused(why, changed).catch((error: Error) => assert.fail(`${what}: ${error.message}`));
  }
});

test('what claims to be huge is refused before memory is asked for', async () => {
  const path = exportTo(fresh(), [stored(1)]);
  const claims = editCell((cell) => {
    const [first] = cell['segments'] as { readings: object[] }[];
    const readings = [{ ...first?.readings[0], tokens: 3_000_000_000 }];
    return { segments: [{ ...first, readings }] };
  });
  await refused(/column replay is of 3000000000 tokens, more than 4194304/, await rewritten(path, claims));
  const bytes = readFileSync(path);
  const footer = Buffer.from(bytes);
  footer.writeUInt32LE(0x7fffffff, footer.length - 8);
  const large = fresh();
  writeFileSync(large, footer);
  await refused(/its footer is said to have 2147483647 bytes, of a file of \d+/, large);
  const nested = fresh();
  const lists = new Array(8).fill([0xf9, 0x80, 0x80, 0x80, 0x08]).flat();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(lists.length + 1);
  writeFileSync(
    nested,
    Buffer.concat([Buffer.from('PAR1'), Buffer.from([0x19, ...lists]), length, Buffer.from('PAR1')]),
  );
  await refused(
    /its footer of 41 bytes cannot be read: a list of 16777216 values where \d+ bytes are left/,
    nested,
  );
});

test('what is no such file is refused with what it is', async () => {
  const path = exportTo(fresh(), [stored(1)]);
  const cut = exportTo(fresh(), [stored(1)]);
  truncateSync(cut, readFileSync(cut).length - 20);
  await refused(/ends at byte \d+ without a footer: it was cut off/, cut);
  const [text, small] = [fresh(), fresh()];
  writeFileSync(text, 'exchange,value\n1,2\n3,4\n');
  await refused(/is no Parquet file: it begins with "exch"/, text);
  writeFileSync(small, 'PAR1');
  await refused(/is no Parquet file: it has 4 bytes/, small);
  await refused(/is no file/, folder);
  const same = (rows: Row[]) => rows;
  const older = await rewritten(path, same, { columns: ['token', 'signal', 'value'] });
  await refused(
    /has no column replay: an older telltale exported it, or another program wrote it; export it again/,
    older,
  );
  const foreign = await rewritten(path, same, { columns: ['replay', 'token', 'value'] });
  await refused(/has no column signal: it is none that rules export of this telltale wrote/, foreign);
  const wrong = await rewritten(
    path,
    (rows) => rows.map((row) => ({ ...row, token: String(row['token']) })),
    { types: { token: 'STRING' } },
  );
  await refused(/column token is of type BYTE_ARRAY, not INT32 or INT64/, wrong);
  const packed = await rewritten(path, same, { codec: 'LZ4' });
  await refused(
    /column replay of row group 0 is compressed with LZ4; ZSTD, SNAPPY, GZIP, BROTLI, UNCOMPRESSED are read/,
    packed,
  );
  const twins = await rewritten(path, same, { columns: ['replay', 'token', 'signal', 'value', 'token'] });
  await refused(/has two columns token/, twins);
  const twice: StoredExchange[] = [stored(1), stored(2)];
  await refused(
    /exchange exchange-1 is in \S+\.parquet too: name files that have no exchange in common/,
    path,
    exportTo(fresh(), twice),
  );
});

test('a file with any byte changed is read as it was, or refused', async () => {
  const ruleSet = rules([1, 1, 1, -1, 1]);
  const path = exportTo(fresh(), [stored(1), stored(2)]);
  const expected = (await readBack(path)).map((one) => toldOf(one, ruleSet).findings);
  const bytes = readFileSync(path);
  const damaged = fresh();
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ change;
      writeFileSync(damaged, copy);
      const told = await readBack(damaged).catch((error: Error & { code?: string }) => error);
      if (told instanceof Error)
        assert.equal((told as { code?: string }).code, 'PARQUET_UNREADABLE', told.stack);
      else
        assert.deepEqual(
          told.map((one) => toldOf(one, ruleSet).findings),
          expected,
        );
    }),
    { numRuns: 300, seed: 7 },
  );
});

test('what reviewers said of late records, and up to when the export knew, come back with the files', async () => {
  const late = (id: string, minute: number) => ({
    exchangeId: `late-${id}`,
    ruleId: 'waits',
    reviewed: 'correct' as const,
    startedAt: new Date(Date.UTC(2026, 10, 10) + 60_000 * minute).toISOString(),
    endedAt: new Date(Date.UTC(2026, 10, 10) + 60_000 * (minute + 5)).toISOString(),
  });
  const one = exportTo(fresh(), [{ ...stored(1), late: [late('a', 1)] }, stored(2)]);
  const two = exportTo(fresh(), [
    { ...stored(3), late: [late('a', 1), late('b', 3)], reviewed: 'false_alarm' },
  ]);
  const readAll = async (range: KeptRange) => {
    const source = await openParquetSource({ command: 'rules replay', from: [one, two], range, featureset });
    const reviewed: unknown[] = [];
    for await (const { row } of source.read()) reviewed.push(row?.reviewed);
    await source.close();
    const { late: told, until, kept } = source.ended();
    return { reviewed, late: told.map(({ exchangeId }) => exchangeId), until, exchanges: kept.exchanges };
  };
  const whole = {
    reviewed: [null, null, 'false_alarm'],
    late: ['late-a', 'late-b'],
    until: UNTIL,
    exchanges: 3,
  };
  assert.deepEqual(await readAll({}), whole);
  const since = stored(2).endedAt;
  assert.deepEqual(await readAll({ since }), {
    ...whole,
    reviewed: [undefined, null, 'false_alarm'],
    late: ['late-b'],
  });
});
