import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator } from 'playwright-core';
import { systemRecord } from '../../alerts/index.ts';
import { driftRecord } from '../../gateway/drift/drift-alert.ts';
import { until } from '../gateway/until.ts';
import { openPage } from './open-page.ts';
import { createRecord } from './records.ts';
import { browser, review } from './shared-review.ts';
import { DECEPTION } from './start.ts';

const texts = async (found: Locator): Promise<string[]> =>
  (await found.allTextContents()).map((text) => text.trim());

test('of one level the rule that acted stands first, then what ordinary text reaches least', async () => {
  await review.commit({
    id: 'many',
    title: 'Just reached',
    verdict: 'block',
    segments: DECEPTION,
    also: [
      { title: 'Far above', value: 9 },
      { title: 'Acts', mode: 'enforce', action: 'block', value: 1.9 },
      { title: 'Weaker', level: 'low', value: 20 },
      { title: 'Would redact', mode: 'enforce', action: 'redact', value: 4 },
    ],
  });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=many`);
  await page.locator('.finding').nth(4).waitFor();
  const order = ['Acts', 'Far above', 'Would redact', 'Just reached', 'Weaker'];
  const stored = (await review.ledger.readExchange('many'))?.findings.map(({ finding }) => finding.ruleTitle);
  assert.notDeepEqual(stored, order, 'the store has an order of its own');
  assert.deepEqual(await texts(page.locator('.finding h3')), order);
  assert.match((await page.locator('.head h2').textContent()) ?? '', /^Acts/);
  assert.match((await page.locator('[data-exchange="many"] .row-title').textContent()) ?? '', /^Acts \+4$/);
  assert.deepEqual(await texts(page.locator('.finding .acted')), ['Blocked'], 'redacting was not done');
  assert.deepEqual(await complaints(), []);
  await close();
});

test('the chosen finding tells all of it and the others a line, until they are chosen', async () => {
  await review.commit({ id: 'two', segments: DECEPTION, also: [{ title: 'Far above', value: 9.25 }] });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=two`);
  const [first, second] = [page.locator('.finding').nth(0), page.locator('.finding').nth(1)];
  await first.locator('.numbers').waitFor();
  assert.equal(await second.locator('.numbers, .features').count(), 0);
  assert.match(
    (await second.locator('.condition-line').textContent()) ?? '',
    /^deception \d\.\d\d over 1\.80$/,
  );
  await second.getByRole('button', { name: 'Deception' }).click();
  await second.locator('.numbers').waitFor();
  assert.equal(await first.locator('.condition-line').textContent(), 'deception 9.25 over 1.80');
  await close();
});

test('a rule that did not act above the one that did leaves no doubt who blocked', async () => {
  await review.commit({
    id: 'below',
    level: 'critical',
    verdict: 'block',
    segments: DECEPTION,
    also: [{ title: 'Acts', level: 'low', mode: 'enforce', action: 'block' }],
  });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=below`);
  await page.getByText('Blocked by: Acts', { exact: true }).waitFor();
  await close();
});

test('a threshold below zero that is only just reached does not look far exceeded', async () => {
  const also = [{ title: 'Negative', level: 'critical', value: -0.01, threshold: -0.16 }] as const;
  await review.commit({ id: 'negative', segments: DECEPTION, also });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=negative`);
  const above = page.locator('.finding.is-chosen .gauge-above');
  await page.getByText('−0.01', { exact: true }).waitFor();
  const width = Number(await above.getAttribute('width'));
  assert.ok(width > 0 && width < 20, `${width} of 100`);
  await close();
});

test('features that add little wait behind the strong ones until they are asked for', async () => {
  const record = createRecord({ id: 'features', segments: DECEPTION });
  const shares = [0.5, 0.2, 0.1, 0.08, 0.06, 0.05, 0.006, 0.004];
  const features = shares.map((share, at) => ({ index: 100 + at, label: `part ${at}`, value: 1, share }));
  const findings = record.findings.map((finding) => ({ ...finding, features }));
  await review.ledger.commit({ ...record, findings });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=features`);
  const names = page.locator('.feature-name:visible');
  await until(async () => (await names.count()) === 5);
  await page.getByText('3 more, 6 % together').click();
  await until(async () => (await names.count()) === 8);
  assert.equal((await texts(page.locator('.feature-share'))).at(-1), '<1 %');
  await close();
});

test('what was not scanned says so, and why, where it stands in the conversation', async () => {
  const record = createRecord({ id: 'picture', segments: DECEPTION });
  const segmentId = 'request/messages/0/content/1';
  const place = { segmentId, role: 'user', tokens: 0 };
  const picture = { ...place, pointer: '/messages/0/content/1', choice: null, bytes: 48_211 } as const;
  await review.ledger.commit({
    ...record,
    segments: [...record.segments, { ...place, target: 'input', text: '', tokens: [], signals: {} }],
    coverage: [...record.coverage, { ...picture, status: 'skipped', reason: 'image' }],
  });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=picture`);
  const card = page.locator(`[data-segment="${segmentId}"]`);
  await card.getByText('not scanned: an image', { exact: true }).waitFor();
  assert.equal(await card.locator('.size').textContent(), '48,211 B');
  assert.equal(await card.locator('.veil').count(), 0, 'there is nothing to show');
  assert.equal(await page.locator('.missed').count(), 1, 'all else was scanned');
  await page.locator('.coverage').getByText('not scanned: an image').waitFor();
  await close();
});

test('what Telltale says of itself is not blurred, claims nothing of a text, and can be dealt with', async () => {
  const text = 'rules/a.yaml:9:12: level must be one of low, medium, high, it is "hihg"';
  const rule = { id: 'r-own', name: 'rules_refused', title: 'Changed rules were refused' };
  const at = new Date().toISOString();
  const about = { level: 'high', tags: [], about: 'rules', text, at } as const;
  await review.ledger.commit(systemRecord({ id: 'notice', rule, ...about }));
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=notice`);
  await page.getByRole('heading', { level: 2, name: 'Changed rules were refused', exact: true }).waitFor();
  const row = page.locator('[data-exchange="notice"]');
  assert.equal(await row.locator('.excerpt').textContent(), `Telltale ${text}`);
  assert.deepEqual(await texts(row.locator('.outcome')), ['Notice']);
  assert.equal(await page.locator('.notice .segment-text').textContent(), text);
  assert.equal(await page.locator('.detail .is-veiled, .finding, .coverage').count(), 0);
  assert.equal(await row.locator('.is-veiled, .peek').count(), 0);
  await page.getByRole('button', { name: 'Dealt with' }).click();
  await page.getByText(/^Saved: dealt with/).waitFor();
  assert.deepEqual(await texts(row.locator('.judged')), ['Dealt with']);
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a verdict can be copied as a test of the rule, blurred until it is asked for', async () => {
  await review.commit({ id: 'test', segments: DECEPTION });
  const permissions = ['clipboard-read', 'clipboard-write'];
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=test`, {
    permissions,
  });
  await page.locator('.finding').waitFor();
  assert.equal(await page.locator('.rule-test').count(), 0, 'nobody has said anything yet');
  await page.keyboard.press('2');
  await page.getByText('As a test of the rule').click();
  const test = page.locator('.rule-test');
  await test.locator('.is-veiled').waitFor();
  await test.getByRole('button', { name: 'Copy' }).click();
  await test.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = (await page.evaluate('navigator.clipboard.readText()')) as string;
  assert.equal(copied, await test.locator('pre').textContent());
  assert.match(copied, /^- text: "It stopped halfway\. .*"\n {2}role: assistant\n {2}expect: quiet\n/);
  await page.keyboard.press('b');
  await test.locator('.veil:not(.is-veiled)').waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});

test('the test that a verdict makes has the fields that the rule asked for, and says when it cannot be copied', async () => {
  const record = createRecord({ id: 'fields', segments: DECEPTION });
  const values = { route: '/v1/chat/completions', role: 'assistant' };
  const fields = [{ name: 'here', comparison: 'route startswith "/v1"', values }];
  await review.ledger.commit({
    ...record,
    findings: record.findings.map((finding) => ({ ...finding, fields })),
  });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=fields`);
  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"))');
  await page.locator('.finding').waitFor();
  await page.keyboard.press('1');
  await page.getByText('As a test of the rule').click();
  const test = page.locator('.rule-test');
  const lines = (await test.locator('pre').textContent())?.split('\n') ?? [];
  assert.deepEqual(lines.slice(1, 3), ['  role: assistant', '  fields: {"route":"/v1/chat/completions"}']);
  await test.getByRole('button', { name: 'Copy' }).click();
  await test.getByText('The browser refused to copy it').waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a notice of a threshold that drifted is opened and judged under the id that it has', async () => {
  const ruleId = '0c1f6a52-7d8e-4c0b-9a34-5be1f0d27a11';
  const record = driftRecord({
    direction: 'above',
    promised: {
      key: `${ruleId}/deceives`,
      ruleId,
      ruleName: 'deception',
      condition: 'deceives',
      signal: 'concept/deception',
      minus: null,
      aggregate: { kind: 'max', window: 0 },
      rate: 0.01,
      isBound: false,
      fingerprint: 'f',
    },
    live: { segments: 40, reached: 20, rate: 0.5, interval: [0.35, 0.65] },
    factor: 3,
    windowMs: 86_400_000,
    digests: {},
    at: Date.now(),
  });
  await review.ledger.commit(record);
  const { page, complaints, close } = await openPage(browser, review.url);
  await page.locator(`[data-exchange="${record.exchangeId}"] a`).click();
  await page.getByText('20 of 40 different segments').last().waitFor();
  await page.getByRole('button', { name: 'Dealt with' }).click();
  await page.getByText(/^Saved: dealt with/).waitFor();
  await page.reload();
  await page.getByText(/^Saved: dealt with/).waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});
