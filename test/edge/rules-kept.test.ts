import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openKeptFile } from '../../alerts/index.ts';
import { createReplayer, decodeExchange, loadRules } from '../../rules/index.ts';
import { readParquet } from '../gateway/read-parquet.ts';
import { recordWithin } from '../gateway/start-gateway.ts';
import { until } from '../gateway/until.ts';
import { type KeptGateway, startKeptGateway, TEXTS } from './kept-gateway.ts';
import { runHere } from './run-telltale.ts';

let kept: KeptGateway;

before(async () => {
  kept = await startKeptGateway();
  const [loud = '', , hidden = ''] = kept.ids;
  await kept.review(loud, 'correct');
  await kept.review(hidden, 'false_alarm');
});

after(() => kept?.stop());

test('a calibration is learned of what was kept, as of the texts themselves', async () => {
  const rules = join(kept.folder, 'to-calibrate');
  mkdirSync(rules);
  const unrated = readFileSync('rules/shipped/harmful-request.yaml', 'utf8');
  const file = join(rules, 'a.yaml');
  writeFileSync(file, unrated.replace(/rarer_than: \S+?(?=[,}\s])/g, 'above: 3'));
  const [, ...unconfirmed] = TEXTS;
  const rows = unconfirmed.map((text) => JSON.stringify({ text, route: '/v1/chat/completions' }));
  const traffic = join(kept.folder, 'traffic.jsonl');
  writeFileSync(traffic, rows.join('\n'));
  const learn = async (args: readonly string[], out: string) => {
    const path = join(kept.folder, out);
    const done = await runHere(['rules', 'calibrate', ...args, rules, '--out', path, '--json'], {
      env: kept.env(),
    });
    assert.equal(done.code, 0, done.stderr);
    return { told: JSON.parse(done.stdout), calibration: JSON.parse(readFileSync(path, 'utf8')) };
  };
  const texts = await learn([traffic], 'texts.calibration.json');
  const learned = await learn(['--kept', '--since', '1d'], 'of-kept.calibration.json');
  assert.deepEqual(learned.told.leftOut, { again: 0, unread: 3, missing: {}, confirmed: 2 });
  assert.match(learned.calibration.traffic, /^4 exchanges kept from \S+Z to \S+Z$/);
  assert.deepEqual([learned.told.segments, texts.told.segments], [3, 3]);
  const about = ({ values: _, ...rest }: { values: number[] }) => rest;
  assert.deepEqual(learned.calibration.curves.map(about), texts.calibration.curves.map(about));
  const valuesOf = ({ curves }: { curves: { values: number[] }[] }) => curves.flatMap(({ values }) => values);
  const [seen, scored] = [valuesOf(learned.calibration), valuesOf(texts.calibration)];
  assert.ok(seen.length > 100);
  const apart = seen.map((value, i) => Math.abs(value - (scored[i] ?? 0)));
  assert.ok(
    Math.max(...apart) < 1e-4,
    'but for the last bits, since other columns were computed beside them',
  );
  writeFileSync(file, unrated);
  const small = await runHere(['rules', 'calibrate', '--kept', rules], { env: kept.env() });
  assert.deepEqual([small.code, small.stdout], [1, '']);
  assert.match(small.stderr, /the sample has 3; \d+ more ordinary segments are needed[\s\S]*nothing written/);
  const feature = unrated.replace(/signal: \{concept: \w+\}/g, 'signal: {feature: 4242}');
  writeFileSync(file, feature);
  const unkept = await runHere(['rules', 'calibrate', '--kept', rules], { env: kept.env() });
  assert.equal(unkept.code, 1);
  assert.match(
    unkept.stderr,
    /nothing to learn of in 4 kept exchanges: 3 segments were not read, or not to their end; 2 segments are of exchanges that a reviewer confirmed, .*; 3 segments are left out, since feature\/4242 was not kept/,
  );
});

test('what is kept goes into a Parquet file as it is, with what became of the exchange', async () => {
  const [loud = ''] = kept.ids;
  const path = join(kept.folder, 'kept.parquet');
  const written = await runHere(['rules', 'export', path, '--json'], { env: kept.env() });
  assert.equal(written.code, 0, written.stderr);
  const told = JSON.parse(written.stdout);
  const { rows, about } = await readParquet(path);
  assert.deepEqual([told.file, told.rows, told.bytes], [path, rows.length, statSync(path).size]);
  assert.equal(about['telltale.featureset.digest'], kept.running.detector.featureset.digest);
  const file = openKeptFile(join(kept.folder, 'data'));
  assert.ok(file);
  const replayer = createReplayer(kept.running.detector.featureset);
  const expected = [...file.read({})].flatMap(({ exchangeId, data }) =>
    replayer.open(decodeExchange(data ?? new Uint8Array())).segments.flatMap(({ segment, readings }) =>
      readings.flatMap(({ kept: { tokens, features, probes }, changes }) =>
        Array.from({ length: tokens }, (_, token) => token).flatMap((token) => {
          const [from, to] = [features.rowStart[token] ?? 0, features.rowStart[token + 1] ?? 0];
          const place = [exchangeId, segment.ref.id, changes?.join(' ') ?? null, token];
          const active = [...features.index.subarray(from, to)].map((feature, i) => {
            return [...place, `feature/${feature}`, features.value[from + i]];
          });
          return [...active, ...[...probes].map(([probe, values]) => [...place, probe, values[token]])];
        }),
      ),
    ),
  );
  file.close();
  assert.ok(expected.length > 1_000);
  assert.deepEqual(
    rows.map(({ exchange, segment, undone, token, signal, value }) => {
      return [exchange, segment, undone ?? null, token, signal, value];
    }),
    expected,
    'to the last bit',
  );
  const first = rows.find(({ exchange }) => exchange === loud);
  assert.deepEqual(
    [first?.['verdict'], first?.['fired'], first?.['reviewed'], first?.['role'], first?.['target']],
    ['flag', 'harmful-request', 'correct', 'user', 'input'],
  );
  assert.ok(rows.some(({ undone }) => undone === 'encoded'));
  assert.ok(rows.some(({ label }) => typeof label === 'string'));
  const again = await runHere(['rules', 'export', path], { env: kept.env() });
  assert.match(again.stderr, /kept\.parquet: is there already; name another/);
});

test('concepts go into a Parquet file with the values that rules compare', async () => {
  const path = join(kept.folder, 'concepts.parquet');
  const args = ['rules', 'export', path, '--concepts', '--since', '1d'];
  const written = await runHere(args, { env: kept.env() });
  assert.equal(written.code, 0, written.stderr);
  assert.match(written.stdout, /^4 exchanges of \d+ tokens[\s\S]*concepts\.parquet: \d+ rows, \d+ bytes\n$/);
  const { rows } = await readParquet(path);
  const [text = ''] = TEXTS;
  const scorer = kept.running.detector.createScorer({
    role: 'user',
    signals: ['concept/hate'],
    priority: 'observe',
    timeoutMs: 240_000,
  });
  const scored = (await scorer.end(text)).signals.get('concept/hate');
  const found = rows.filter(({ exchange, signal, undone }) => {
    return exchange === kept.ids[0] && signal === 'concept/hate' && undone == null;
  });
  assert.ok(scored !== undefined && found.length === scored.length);
  // Asked for alone, a concept is summed over other columns of the dictionary, so the last bits differ.
  const apart = found.map(({ value }, token) => Math.abs(Number(value) - (scored[token] ?? 0)));
  assert.ok(Math.max(...apart) < 1e-4, `${apart}`);
  assert.ok(found.every(({ tokens, feature }) => tokens === found.length && feature == null));
});

test('rules find in exported files what they find in the store', async () => {
  const folder = join(kept.folder, 'exported');
  mkdirSync(folder);
  const path = join(folder, 'all.parquet');
  const env = kept.env();
  const written = await runHere(['rules', 'export', path, '--json'], { env });
  assert.equal(written.code, 0, written.stderr);
  const never = join(kept.folder, 'never.yaml');
  const shipped = readFileSync('rules/shipped/harmful-request.yaml', 'utf8');
  writeFileSync(never, shipped.replace(/rarer_than: \S+?(?=[,}\s])/g, 'above: 1000'));
  const toldBy = async (args: readonly string[], exitCode: number) => {
    const { code, stdout, stderr } = await runHere(['rules', ...args, '--json'], { env });
    assert.equal(code, exitCode, stderr);
    const { seconds: _, ...told } = JSON.parse(stdout);
    return told.replay === undefined ? told : { ...told, replay: { ...told.replay, seconds: 0 } };
  };
  const diff = ['diff', join(kept.folder, 'rules'), never, '--replay'];
  for (const from of [[path], [folder], [folder, path]]) {
    const files = from.flatMap((name) => ['--from', name]);
    const replayed = await toldBy(['replay', ...files], 0);
    assert.deepEqual(replayed, await toldBy(['replay'], 0));
    assert.deepEqual([replayed.exchanges, replayed.any.reviewed], [4, 2]);
    assert.deepEqual(await toldBy([...diff, ...files], 1), await toldBy(diff, 1));
  }
  const shown = await runHere(['rules', 'replay', '--from', path], { env, showsProgress: true });
  assert.match(shown.stderr, /rules replay: \d+ of \d+ rows, \d+ tokens\/s/);
  const later = await runHere(['rules', 'replay', '--from', path, '--until', '1d'], { env });
  assert.match(later.stdout, /: none ended in this range; the 4 that are kept ended \S+Z to \S+Z\n/);
  const table: [args: string[], exitCode: number, message: RegExp][] = [
    [['replay', '--from', join(folder, 'no.parquet')], 1, /rules replay: --from ENOENT.*no\.parquet/],
    [['replay', '--from', join(kept.folder, 'data')], 1, /rules replay: --from \S+: has no file \*\.parquet/],
    [
      ['replay', '--from', never],
      1,
      /rules replay: --from \S+never\.yaml: is no Parquet file: it begins with /,
    ],
    [['diff', never, never, '--from', path], 2, /--since, --until and --from are for --replay/],
  ];
  for (const [args, exitCode, message] of table) {
    const { code, stdout, stderr } = await runHere(['rules', ...args], { env });
    assert.deepEqual([code, stdout], [exitCode, ''], stderr);
    assert.match(stderr, message);
  }
});

test('an export that is told to end leaves nothing behind', async () => {
  const folder = join(kept.folder, 'interrupted');
  mkdirSync(folder);
  const args = ['--disable-warning=ExperimentalWarning', 'gateway/cli.ts', 'rules', 'export'];
  const child = spawn(process.execPath, [...args, join(folder, 'kept.parquet')], {
    env: { ...process.env, ...kept.env() },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await until(() => readdirSync(folder).length > 0);
  child.kill('SIGINT');
  const [code, signal] = await ended;
  // It may have been done before.
  assert.ok(signal === 'SIGINT' || code === 0, `${code} ${signal}`);
  assert.deepEqual(readdirSync(folder), signal === null ? ['kept.parquet'] : []);
});

test('an export that fails leaves no file behind', async () => {
  const path = join(kept.folder, 'nothing', 'kept.parquet');
  mkdirSync(join(kept.folder, 'nothing'));
  const { code, stderr } = await runHere(['rules', 'export', path], {
    env: { TELLTALE_DATA: join(kept.folder, 'elsewhere') },
  });
  assert.equal(code, 1);
  assert.match(stderr, /rules export: nothing is kept at/);
  assert.deepEqual(readdirSync(join(kept.folder, 'nothing')), []);
});

/** Asks the gateway, one request after the other, until it is told to stop. */
function keepAsking(): { stop(): Promise<readonly string[]> } {
  let isStopped = false;
  const asking = (async () => {
    const asked: string[] = [];
    do {
      const messages = [{ role: 'user', content: `What is the capital of country ${asked.length}?` }];
      const body = JSON.stringify({ model: 'm', stream: asked.length % 2 === 0, messages });
      const response = await fetch(`${kept.running.url}/v1/chat/completions`, { method: 'POST', body });
      assert.equal(response.status, 200);
      assert.match(await response.text(), /"finish_reason":"stop"/);
      asked.push(response.headers.get('x-telltale-exchange-id') ?? '');
    } while (!isStopped);
    return asked;
  })();
  return {
    stop() {
      isStopped = true;
      return asking;
    },
  };
}

test('each tool works beside a gateway that answers, which takes up what it writes and loses no exchange', async () => {
  const rules = join(kept.folder, 'rules');
  const file = join(rules, 'team.yaml');
  const text = readFileSync(file, 'utf8').replace(/rarer_than: \S+?(?=[,}\s])/g, 'above: 3');
  writeFileSync(file, text.replace(/( +)level: (.*)/, '$1level:    $2'));
  const next = join(kept.folder, 'next.yaml');
  writeFileSync(next, text.replace(/above: \d+/, 'above: 4'));
  const tools: [exitCode: number, args: readonly string[]][] = [
    [0, ['fmt', rules]],
    [0, ['check', rules]],
    [0, ['replay', rules]],
    [1, ['diff', file, next, '--replay']],
    [0, ['calibrate', '--kept', rules]],
    [0, ['export', join(kept.folder, 'beside.parquet')]],
    [0, ['replay', rules, '--since', '1d']],
  ];
  const asking = keepAsking();
  try {
    for (const [exitCode, args] of tools) {
      const { code, stdout, stderr } = await runHere(['rules', ...args, '--json'], { env: kept.env() });
      assert.equal(code, exitCode, `${args.join(' ')}: ${stderr}`);
      assert.ok(JSON.parse(stdout), args.join(' '));
    }
  } finally {
    await asking.stop();
  }
  const asked = await asking.stop();
  for (const id of asked) await recordWithin(kept.running, id);
  assert.equal(new Set(asked).size, asked.length);
  await until(() => {
    const store = openKeptFile(join(kept.folder, 'data'));
    const stored = new Set([...(store?.read({}) ?? [])].map(({ exchangeId }) => exchangeId));
    store?.close();
    return asked.every((id) => stored.has(id));
  });
  const loaded = await loadRules([rules], kept.running.detector.featureset);
  assert.ok(loaded.ok);
  const { digest } = loaded.ruleSet;
  await until(async () =>
    (await (await fetch(kept.running.metricsUrl)).text()).includes(`digest="${digest}"`),
  );
  assert.ok(readdirSync(rules).includes('traffic.calibration.json'));
});
