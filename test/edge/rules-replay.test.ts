import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { decodeExchange, encodeExchange } from '../../rules/index.ts';
import { correlationsText } from '../rules/correlation-text.ts';
import { type KeptGateway, startKeptGateway } from './kept-gateway.ts';
import { runHere, runTelltale } from './run-telltale.ts';

let kept: KeptGateway;

before(async () => {
  kept = await startKeptGateway();
});

after(() => kept?.stop());

async function replay(args: readonly string[] = [], more: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runHere(['rules', 'replay', ...args, '--json'], {
    env: { ...kept.env(), ...more },
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** The shipped rule, changed. */
function changedRules(name: string, from: RegExp, to: string): string {
  const file = join(kept.folder, name);
  const text = readFileSync('rules/shipped/harmful-request.yaml', 'utf8');
  const changed = text.replace(from, to);
  assert.notEqual(changed, text);
  writeFileSync(file, changed);
  return file;
}

test('the rules of the day find again what they found, beside the gateway that runs', async () => {
  const told = await replay();
  const [rule] = told.rules;
  assert.deepEqual([told.exchanges, told.damaged, told.otherFeatureset], [4, 0, 0]);
  assert.deepEqual([rule.judged, rule.fires, rule.firedThen, rule.newly, rule.gone], [4, 2, 2, 0, 0]);
  assert.deepEqual(told.changed, []);
  assert.ok(told.tokens > 40);
  const shown = await runTelltale(['rules', 'replay', '--since', '1d'], kept.env());
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^4 exchanges of \d+ tokens in /);
  assert.match(shown.stdout, /no exchange is judged otherwise than then\n$/);
  assert.equal(shown.stderr, '', 'no progress where there is no terminal');
  const terminal = await runHere(['rules', 'replay'], { env: kept.env(), showsProgress: true });
  assert.match(terminal.stderr, /rules replay: \d of 4 exchanges/);
});

test('a changed rule is held against what passed, and exchanges that change are named', async () => {
  const [loud = '', , hidden = ''] = kept.ids;
  const never = changedRules('never.yaml', /rarer_than: \S+?(?=[,}\s])/g, 'above: 1000');
  const told = await replay([never]);
  assert.deepEqual(
    told.changed.map(({ exchangeId, verdict, newly, gone }: Record<string, unknown>) => [
      exchangeId,
      verdict,
      newly,
      gone,
    ]),
    [loud, hidden].map((id) => [id, { before: 'flag', after: 'pass' }, [], [told.rules[0].ruleName]]),
  );
  const diff = ['rules', 'diff', join(kept.folder, 'rules'), never, '--replay'];
  const json = await runHere([...diff, '--json'], { env: kept.env() });
  assert.equal(json.code, 1, json.stderr);
  const { changes, replay: replayed } = JSON.parse(json.stdout);
  assert.equal(changes.length, 1);
  assert.deepEqual(
    replayed.changed.map(({ exchangeId }: { exchangeId: string }) => exchangeId),
    [loud, hidden],
  );
  const shown = await runHere(diff, { env: kept.env() });
  assert.match(shown.stdout, /replayed: 4 exchanges of/);
  assert.match(
    shown.stdout,
    new RegExp(`2 exchanges change their verdict \\(2 flag -> pass\\):\n[^]*${loud}  \\S+  flag -> pass  -`),
  );
});

/** The shipped rule, and what counts what it finds. */
function correlatedRules(name: string, { mode = 'flag', gte = 2 } = {}): string {
  const file = join(kept.folder, name);
  const counts = { level: 'critical', mode, rules: '[harmful-request]', group_by: '[route]', timespan: '1d' };
  const correlations = correlationsText(
    { ...counts, name: 'several', condition: `{gte: ${gte}}` },
    {
      ...counts,
      name: 'unanswered',
      condition: '{gte: 1}',
      unless_then: '{rules: [several], within: 1s}',
    },
  );
  const rules = readFileSync('rules/shipped/harmful-request.yaml', 'utf8').replace(
    /mode: flag/,
    'mode: shadow',
  );
  writeFileSync(file, `${rules}\n${correlations.replace('version: 1\n', '')}`);
  return file;
}

test('correlations say what they would have raised, and a diff what a change of them changes', async () => {
  const [loud = '', , hidden = ''] = kept.ids;
  const two = correlatedRules('two.yaml');
  const told = await replay([two]);
  const [several, unanswered] = told.correlations;
  assert.deepEqual(
    [several.ruleName, several.raises, several.fires, several.firedThen, several.newly],
    ['several', 1, 1, 0, 1],
  );
  // Which came within a second, and which second is over, is the machine's to say.
  assert.equal(unanswered.raises, 0);
  assert.ok(unanswered.late + unanswered.waiting > 0);
  assert.equal(told.late.length, unanswered.late);
  const change = (exchangeId: string) =>
    told.changed.find((one: { exchangeId: string }) => one.exchangeId === exchangeId);
  assert.deepEqual([change(loud).verdict, change(loud).newly], [{ before: 'flag', after: 'pass' }, []]);
  assert.equal(change(hidden)?.newly[0], 'several');
  const shown = await runHere(['rules', 'replay', two], { env: kept.env() });
  assert.match(
    shown.stdout,
    /correlation +raises +fires +then +new +gone +late +reviewed +precision +recall\nseveral +1 +1 +0 +1 +0 +0 /,
  );
  assert.match(shown.stdout, new RegExp(`${loud}  \\S+  flag -> pass  the same rules, in another mode`));
  assert.match(
    shown.stdout,
    /correlations begin at \S+Z with nothing counted: what came before is not in them/,
  );
  const one = correlatedRules('one.yaml', { gte: 1 });
  const diff = await runHere(['rules', 'diff', two, one, '--replay'], { env: kept.env() });
  assert.equal(diff.code, 1, diff.stderr);
  assert.match(diff.stdout, /\nseveral +1 -> 2 +1 +0 +0 +- +-\n/);
  assert.match(diff.stdout, /\n2 more rules and correlations do as before\n/);
  assert.match(
    diff.stdout,
    new RegExp(
      `1 exchange changes its verdict \\(1 pass -> flag\\):\n  ${loud}  \\S+  pass -> flag  \\+several\n`,
    ),
  );
});

test('a rule on a feature that was not kept is named with it and fires nowhere', async () => {
  const file = changedRules('feature.yaml', /signal: \{concept: \w+\}/g, 'signal: {feature: 4242}');
  const unrated = readFileSync(file, 'utf8').replace(/rarer_than: \S+?(?=[,}\s])/g, 'above: -1');
  writeFileSync(file, unrated);
  const told = await replay([file]);
  const [rule] = told.rules;
  assert.deepEqual([rule.judged, rule.fires, rule.newly, rule.gone], [0, 0, 0, 0]);
  assert.equal(rule.unjudged.missing['feature/4242'], 4);
  const shown = await runHere(['rules', 'replay', file], { env: kept.env() });
  assert.match(shown.stdout, /not judged on 4 exchanges: feature\/4242 was not kept \(4\)/);
});

test('precision and recall are against what reviewers said', async () => {
  const [loud = '', , hidden = ''] = kept.ids;
  await kept.review(loud, 'correct');
  await kept.review(hidden, 'false_alarm');
  const { rules, any } = await replay();
  const [{ reviewed, precision, recall }] = rules;
  assert.deepEqual([reviewed, precision.value, precision.of, recall.value, recall.of], [2, 0.5, 2, 1, 1]);
  assert.ok(precision.interval[0] > 0 && precision.interval[1] < 1);
  assert.equal(any.reviewed, 2);
  const never = changedRules('never.yaml', /rarer_than: \S+?(?=[,}\s])/g, 'above: 1000');
  const diff = await runHere(['rules', 'diff', join(kept.folder, 'rules'), never, '--replay'], {
    env: kept.env(),
    showsProgress: true,
  });
  assert.match(diff.stderr, /rules diff: \d of 4 exchanges/);
  assert.match(
    diff.stdout,
    /\nharmful-request +2 -> 0 +0 +2 +2 +0\.50 \(.+\) -> - +1\.00 \(.+\) -> 0\.00 \(.+\)\n/,
    'what a change costs in precision and recall',
  );
  assert.match(diff.stdout, new RegExp(`${hidden}  \\S+  flag -> pass  -harmful-request  false alarm\n`));
  assert.match(diff.stdout, new RegExp(`${loud}  \\S+  flag -> pass  -harmful-request  confirmed\n`));
  assert.match(diff.stdout, /\nto open one: http:\S+\/\?exchange=ID\n$/);
  const shown = await runHere(['rules', 'replay'], { env: kept.env() });
  assert.match(shown.stdout, /2 {2}0\.50 \(0\.\d\d to 0\.\d\d\) {2}1\.00 \(0\.\d\d to 1\.00\)/);
});

test('what cannot be replayed says what and where', async () => {
  const elsewhere = { TELLTALE_DATA: join(kept.folder, 'elsewhere') };
  const table: [args: string[], exitCode: number, message: RegExp, env?: Record<string, string>][] = [
    [
      ['replay', '--since', 'yesterday'],
      2,
      /rules replay: --since yesterday: neither a while as 12h, 7d or 4w/,
    ],
    [['replay', '--since', '1d', '--until', '2d'], 2, /--since 1d is not before --until 2d/],
    [['replay', '--snce', '1d'], 2, /unknown option --snce; did you mean --since\?/],
    [['replay'], 1, /nothing is kept at \S+elsewhere\/replay\.db; TELLTALE_DATA names its folder/, elsewhere],
    [['diff', 'a', 'b', '--since', '1d'], 2, /--since, --until and --from are for --replay/],
    [['diff', 'rules/shipped', 'rules/shipped', '--replay'], 2, /nothing is kept at/, elsewhere],
  ];
  for (const [args, exitCode, message, more = {}] of table) {
    const { code, stdout, stderr } = await runHere(['rules', ...args], { env: { ...kept.env(), ...more } });
    assert.equal(code, exitCode, `${args.join(' ')}: ${stderr}`);
    assert.equal(stdout, '', args.join(' '));
    assert.match(stderr, message);
  }
  const range = await replay(['--until', '1d']);
  assert.deepEqual([range.exchanges, range.from, range.kept.exchanges], [0, null, 4]);
  const shown = await runHere(['rules', 'replay', '--until', '1d'], { env: kept.env() });
  assert.match(shown.stdout, /: none ended in this range; the 4 that are kept ended \S+Z to \S+Z\n/);
});

test('a damaged exchange and one of another featureset are left out and counted', async () => {
  const copy = join(kept.folder, 'copy');
  const database = new DatabaseSync(join(kept.folder, 'data', 'replay.db'));
  database.exec(`VACUUM INTO '${join(kept.folder, 'copied.db')}'`);
  database.close();
  mkdirSync(copy);
  copyFileSync(join(kept.folder, 'copied.db'), join(copy, 'replay.db'));
  const copied = new DatabaseSync(join(copy, 'replay.db'));
  copied.exec('UPDATE exchanges SET data = zeroblob(40) WHERE seq = 1');
  const row = copied.prepare('SELECT data FROM exchanges WHERE seq = 2').get();
  const exchange = decodeExchange(zstdDecompressSync(row?.['data'] as Uint8Array));
  const data = zstdCompressSync(encodeExchange({ ...exchange, featuresetDigest: 'another' }));
  copied.prepare('UPDATE exchanges SET data = ?, crc = ? WHERE seq = 2').run(data, crc32(data));
  copied.close();
  const told = await replay([], { TELLTALE_DATA: copy });
  assert.deepEqual([told.exchanges, told.damaged, told.otherFeatureset], [2, 1, 1]);
  const shown = await runHere(['rules', 'replay'], { env: { ...kept.env(), TELLTALE_DATA: copy } });
  assert.match(shown.stdout, /1 exchanges are left out: they were read with another featureset/);
  assert.match(shown.stdout, /1 exchanges are left out: what was kept of them is damaged/);
});

test('what is erased is replayed no more', async () => {
  const [, , , last = ''] = kept.ids;
  const { code, stdout, stderr } = await runHere(['erase', '--exchange', last, '--json'], {
    env: kept.env(),
  });
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).kept, 1);
  assert.equal((await replay()).exchanges, 3);
});
