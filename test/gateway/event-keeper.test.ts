import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createEventKeeper } from '../../gateway/events/event-keeper.ts';
import { lateRecord } from '../../gateway/events/late-recorder.ts';
import { observedFindings } from '../../gateway/events/observed-findings.ts';
import { createLogger } from '../../gateway/telemetry/index.ts';
import { loadRules, type Observed, type RuleSet } from '../../rules/index.ts';
import { correlationsText, findingOf, observed, rulesText } from '../rules/correlation-text.ts';
import { featureset } from '../rules/featureset.ts';
import { until } from './until.ts';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-events-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function rulesIn(folder: string, correlation: Readonly<Record<string, string>>): Promise<RuleSet> {
  writeFileSync(join(folder, 'a.yaml'), rulesText({ alert: '{threshold: limit, window: 1h}' }));
  writeFileSync(join(folder, 'b.yaml'), correlationsText({ timespan: '1h', ...correlation }));
  const loaded = await loadRules([join(folder, 'a.yaml'), join(folder, 'b.yaml')], featureset);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.ruleSet;
}

function countingTelemetry() {
  const counts = { heldBack: 0, evicted: 0 };
  return {
    counts,
    recordHeldBack: (_rule: string, count: number) => {
      counts.heldBack += count;
    },
    recordEvictedGroups: (count: number) => {
      counts.evicted += count;
    },
    recordForgottenWords: () => {},
  };
}

const log = createLogger('silent');
const recordLate = async () => {};
const namesOf = (findings: readonly { ruleName: string }[]) => findings.map(({ ruleName }) => ruleName);

test('a restart goes on counting, from a file for the owner alone', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'state', 'events.json');
  const ruleSet = await rulesIn(folder, { condition: '{gte: 2}' });
  const telemetry = countingTelemetry();
  const start = () => createEventKeeper({ path, currentRules: () => ruleSet, telemetry, log, recordLate });
  const first = await start();
  const one = { ...observed(ruleSet, { rule: 'a', seconds: 1 }), finding: findingOf(ruleSet, 'a', 'flag') };
  assert.deepEqual(namesOf(first.observe(ruleSet, [one])), ['a']);
  await first.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const second = await start();
  const findings = second.observe(ruleSet, [one]);
  assert.deepEqual(namesOf(findings), ['a', 'x']);
  assert.equal(findings[0]?.alert?.isHeldBack, true);
  assert.deepEqual(telemetry.counts, { heldBack: 1, evicted: 0 });
  await second.close();
});

test('what was counted is written while it runs, and what did not change is not', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'events.json');
  const ruleSet = await rulesIn(folder, { condition: '{gte: 3}' });
  const keeper = await createEventKeeper({
    path,
    currentRules: () => ruleSet,
    telemetry: countingTelemetry(),
    log,
    recordLate,
    saveMs: 5,
  });
  keeper.observe(ruleSet, [observed(ruleSet, { rule: 'a', seconds: 1 })]);
  await until(() => existsSync(path));
  assert.match(readFileSync(path, 'utf8'), /"latest":1000/, 'a file is whole when it is there');
  writeFileSync(path, 'untouched');
  await keeper.close();
  assert.equal(readFileSync(path, 'utf8'), 'untouched');
});

test('a reload drops what nothing counts any more; a state that cannot be read is said so', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'events.json');
  let ruleSet = await rulesIn(folder, { condition: '{gte: 2}' });
  const old = ruleSet;
  const warnings: string[] = [];
  const parts = {
    path,
    currentRules: () => ruleSet,
    telemetry: countingTelemetry(),
    log: { ...log, warn: (message: string) => warnings.push(message) },
    recordLate,
  };
  const keeper = await createEventKeeper(parts);
  keeper.observe(old, [observed(old, { rule: 'a', seconds: 1 })]);
  ruleSet = await rulesIn(folder, { condition: '{gte: 2}', timespan: '2h' });
  assert.deepEqual(namesOf(keeper.observe(ruleSet, [observed(ruleSet, { rule: 'a', seconds: 2 })])), ['a']);
  assert.deepEqual(namesOf(keeper.observe(ruleSet, [observed(ruleSet, { rule: 'a', seconds: 3 })])), [
    'a',
    'x',
  ]);
  await keeper.close();
  assert.deepEqual(warnings, []);
  for (const text of ['{', '{"version":9}', '[]']) {
    writeFileSync(path, text);
    await (await createEventKeeper(parts)).close();
  }
  assert.equal(warnings.length, 3);
});

test('what rules have dropped at a start does not come back with the rules of before', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'events.json');
  const before = await rulesIn(folder, { condition: '{gte: 2}' });
  const other = await rulesIn(folder, { condition: '{gte: 2}', timespan: '2h' });
  const start = (ruleSet: RuleSet) =>
    createEventKeeper({
      path,
      currentRules: () => ruleSet,
      telemetry: countingTelemetry(),
      log,
      recordLate,
    });
  const first = await start(before);
  first.observe(before, [observed(before, { rule: 'a', seconds: 1 })]);
  await first.close();
  await (await start(other)).close();
  const last = await start(before);
  const findings = last.observe(before, [observed(before, { rule: 'a', seconds: 2 })]);
  await last.close();
  assert.deepEqual(namesOf(findings), ['a']);
});

test('the same words at the same place of a conversation are one event, an answer is another each time', async (context) => {
  const ruleSet = await rulesIn(temporaryFolder(context), { condition: '{gte: 2}' });
  const prints = (parts: { id?: string; text?: string; exchangeId?: string; conversation?: string }) => {
    const { id = 'request/0', text = 'abc ignore all that', exchangeId = 'e1', conversation = 'c' } = parts;
    const base = findingOf(ruleSet, 'a');
    const [one] = observedFindings({
      exchangeId,
      ruleSet,
      fields: { conversation },
      findings: [{ ...base, segment: { ...base.segment, id } }],
      wordsOf: ({ span }) => text.slice(span.start, span.end),
      at: 5,
    });
    return one?.fingerprint;
  };
  const first = prints({});
  assert.equal(
    prints({ exchangeId: 'e2', text: 'abc ignore other words after' }),
    first,
    'the words of the span alone',
  );
  assert.notEqual(prints({ text: 'abc adhere to all that' }), first);
  assert.notEqual(prints({ id: 'request/1' }), first);
  assert.notEqual(prints({ conversation: 'd' }), first);
  assert.notEqual(
    prints({ id: 'response/0', exchangeId: 'e1' }),
    prints({ id: 'response/0', exchangeId: 'e2' }),
  );
});

test('what is due fires though nothing more comes, once, and after a restart too', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'events.json');
  const then = { condition: '{gte: 1}', unless_then: '{rules: [b], within: 1s}' };
  const ruleSet = await rulesIn(folder, then);
  const late: Observed[] = [];
  const start = () =>
    createEventKeeper({
      path,
      currentRules: () => ruleSet,
      telemetry: countingTelemetry(),
      log,
      recordLate: async (found) => void late.push(...found),
    });
  const first = await start();
  const a = (exchange: string, at: number) => ({
    ...observed(ruleSet, { rule: 'a', seconds: 0, fields: { exchange } }),
    at,
  });
  const now = Date.now();
  assert.deepEqual(namesOf(first.observe(ruleSet, [a('live', now)])), ['a']);
  await until(() => late.length > 0);
  assert.deepEqual([late[0]?.at, late[0]?.fields.exchange], [now + 1_000, 'live']);
  assert.ok(Date.now() >= now + 1_000, 'not before its time');
  const soon = Date.now() + 60_000;
  first.observe(ruleSet, [a('while away', soon)]);
  await first.close();
  assert.equal(late.length, 1, 'what is due later waits for the next start');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(String(soon + 1_000), String(now)));
  const second = await start();
  await until(() => late.length > 1);
  await second.close();
  assert.deepEqual([late[1]?.at, late[1]?.fields.exchange], [now, 'while away']);
  await (await start()).close();
  assert.equal(late.length, 2);
});

test('what has fired waits on disk until it is recorded there, and is about whom its last event was about', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'events.json');
  const ruleSet = await rulesIn(folder, { condition: '{gte: 1}', unless_then: '{rules: [b], within: 1m}' });
  const late: Observed[] = [];
  const { promise: recorded, resolve: finish } = Promise.withResolvers<void>();
  const start = () =>
    createEventKeeper({
      path,
      currentRules: () => ruleSet,
      telemetry: countingTelemetry(),
      log,
      recordLate: (found) => {
        late.push(...found);
        return recorded;
      },
      saveMs: 5,
    });
  const written = () => JSON.parse(readFileSync(path, 'utf8')).waiting as readonly unknown[];
  const first = await start();
  const at = Date.now();
  first.observe(ruleSet, [{ ...observed(ruleSet, { rule: 'a', seconds: 0 }), at, subject: 's-one' }]);
  await first.close();
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(String(at + 60_000), String(at)));
  const second = await start();
  await until(() => late.length > 0);
  await setTimeout(300);
  assert.equal(written().length, 1, 'a crash now would fire it again');
  finish();
  await until(() => written().length === 0);
  await second.close();
  const [fired] = late;
  assert.ok(fired);
  assert.equal(lateRecord(fired, 'feed').subject, 's-one');
});
