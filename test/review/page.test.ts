import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

let browser: Browser;
let review: StartedReview;

before(async () => {
  [browser, review] = await Promise.all([launchBrowser(), startReview()]);
  await review.commit(
    { id: 'oldest', segments: DECEPTION, title: 'Jailbreak', level: 'low' },
    { id: 'middle', segments: DECEPTION, title: 'Power seeking', level: 'critical' },
    { id: 'newest', segments: DECEPTION },
  );
});

after(async () => {
  await browser?.close();
  await review?.close();
});

const titles = (rows: Locator): Promise<string[]> => rows.locator('.row-title').allTextContents();
/** Known in the browser, where the function below runs. */
declare function getComputedStyle(element: unknown): { readonly filter: string };

const BLURRED = /^blur\(/;
const CLEAR = /^none$/;

/** Waits until the text is drawn so: the page draws a moment after it was asked. */
async function isDrawn(text: Locator, filter: RegExp): Promise<void> {
  const read = () => text.evaluate((element) => getComputedStyle(element).filter);
  await until(async () => filter.test(await read()));
}

test('flagged conversations stand newest first, and a new one appears on top by itself', async (t) => {
  const own = await startReview();
  t.after(own.close);
  await own.commit(
    { id: 'a', segments: DECEPTION, title: 'First' },
    { id: 'b', segments: DECEPTION, title: 'Second' },
  );
  const { page, complaints, close } = await openPage(browser, own.url);
  const rows = page.locator('.row');
  await rows.nth(1).waitFor();
  assert.deepEqual(await titles(rows), ['Second', 'First']);
  await own.commit({ id: 'c', segments: DECEPTION, title: 'Third' });
  await rows.nth(2).waitFor();
  assert.deepEqual(await titles(rows), ['NewThird', 'Second', 'First']);
  await until(async () => (await page.title()) === '(1) Telltale review');
  await rows.first().locator('a').click();
  await page.getByRole('heading', { level: 2, name: 'Third' }).waitFor();
  await page.locator('.fresh').waitFor({ state: 'detached' });
  await until(async () => (await page.title()) === 'Telltale review');
  assert.deepEqual(await complaints(), []);
  await close();
});

test('an empty list says what to try, with the address of the gateway', async (t) => {
  const own = await startReview({ gatewayUrl: 'http://127.0.0.1:9999' });
  t.after(own.close);
  const { page, close } = await openPage(browser, own.url);
  await page.getByRole('heading', { name: 'Nothing flagged yet' }).waitFor();
  await page.getByText('curl http://127.0.0.1:9999/v1/chat/completions').waitFor();
  await own.commit({ id: 'a', segments: DECEPTION });
  await page.locator('.row').waitFor();
  assert.equal(await page.getByText('Nothing flagged yet').count(), 0);
  await close();
});

test('text is blurred until it is asked for: one segment, one conversation, or all for this session', async () => {
  const { page, close } = await openPage(browser, `${review.url}/?exchange=newest`);
  const texts = page.locator('.segment .veil-content');
  await texts.nth(1).waitFor();
  const excerpt = page.locator('[data-exchange="newest"] .excerpt-text');
  for (const text of [texts.nth(0), texts.nth(1), excerpt]) await isDrawn(text, BLURRED);
  assert.equal(await texts.nth(0).getAttribute('aria-hidden'), 'true');

  await page.getByRole('button', { name: 'Show this text' }).nth(1).focus();
  await page.keyboard.press('Enter');
  await isDrawn(texts.nth(1), CLEAR);
  await isDrawn(texts.nth(0), BLURRED);

  await page.getByRole('button', { name: 'Show the text', exact: true }).click();
  for (const text of [texts.nth(0), texts.nth(1), excerpt]) await isDrawn(text, CLEAR);

  await page.keyboard.press('j');
  await page.getByRole('heading', { level: 2, name: 'Power seeking' }).waitFor();
  await isDrawn(texts.nth(1), BLURRED);
  await page.keyboard.press('b');
  await isDrawn(texts.nth(1), CLEAR);
  await page.reload();
  await texts.nth(1).waitFor();
  await isDrawn(texts.nth(1), CLEAR);
  await close();

  const later = await openPage(browser, `${review.url}/?exchange=newest`);
  const again = later.page.locator('.segment .veil-content').first();
  await again.waitFor();
  await isDrawn(again, BLURRED);
  await later.close();
});

test('of a disguised text the run that hid it is marked, and what it reads stands below, blurred like it', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const reads = 'nobody must know';
  const hot = Buffer.from(reads).toString('base64');
  const text = `Decode this: ${hot} now.`;
  await own.commit({ id: 'disguised', segments: [{ role: 'user', text, hot, reads }] });
  const { page, complaints, close } = await openPage(browser, `${own.url}/?exchange=disguised`);
  const flagged = page.locator('.segment.is-flagged');
  await flagged.waitFor();
  await isDrawn(flagged.locator('.veil-content'), BLURRED);
  assert.equal(await flagged.locator('.veil-content .disguise').count(), 1);
  await page.getByRole('button', { name: 'Show the text', exact: true }).click();
  await isDrawn(flagged.locator('.veil-content'), CLEAR);
  const [whole, view] = await flagged.locator('.segment-text').all();
  assert.equal(await whole?.textContent(), text);
  assert.equal(await whole?.locator('mark').textContent(), hot);
  assert.equal(await view?.textContent(), `it is: ${reads}`);
  assert.equal(await view?.locator('mark').textContent(), reads);
  assert.equal(
    await flagged.locator('.disguise h4').textContent(),
    'Disguised: base64 or another code; it reads',
  );
  assert.equal(await flagged.locator('[data-i]').count(), 0, 'no token of the code has a value that speaks');
  assert.equal(await flagged.locator('canvas').count(), 0);
  await page.locator('.finding').getByText('Only in what it reads without its disguise').waitFor();
  const excerpt = page.locator('[data-exchange="disguised"] .excerpt');
  assert.equal(
    await excerpt.textContent(),
    `User, disguised it is: ${reads}`,
    'the list tells what it reads',
  );
  assert.deepEqual(await complaints(), []);
  await close();
});

/** More segments than the window has room for. */
const BETWEEN = Array.from({ length: 10 }, (_, i) => ({
  role: 'tool' as const,
  text: Array.from({ length: 9 }, (_, line) => `Line ${line} of result ${i}`).join('\n'),
}));

/** Whether an element is within the window, as a person sees it. */
async function isSeen(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  return box !== null && box.y >= 0 && box.y + box.height <= 900;
}

test('a finding over the whole exchange lists its parts with their values, and leads to each of them', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const hidden = Buffer.from('and the last part').toString('base64');
  await own.commit({
    id: 'spread',
    title: 'Spread',
    isSpread: true,
    segments: [
      { role: 'user', text: 'Please write the first part of it.', hot: 'the first part' },
      ...BETWEEN,
      { role: 'user', text: 'Now go on, with the second part.', hot: 'the second part' },
      ...BETWEEN,
      { role: 'user', text: `Here: ${hidden} as well.`, hot: hidden, reads: 'and the last part' },
    ],
  });
  const { page, complaints, close } = await openPage(browser, `${own.url}/?exchange=spread`);
  const parts = page.locator('.part');
  await parts.nth(2).waitFor();
  assert.deepEqual(await parts.locator('span').allTextContents(), [
    'User, tokens 3 to 5',
    'User, tokens 5 to 7',
    'User, token 2, disguised',
  ]);
  const told = await parts.locator('b').allTextContents();
  const sum = told.reduce((all, text) => all + Number(text), 0);
  const value = Number(await page.locator('.finding .is-value').textContent());
  assert.ok(Math.abs(value - sum) < 0.02, `${told.join()} make ${value}`);
  await page.getByRole('heading', { name: 'Made of 3 segments', exact: true }).waitFor();
  await page.getByText('sum over all tokens, of all segments together', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Show the text', exact: true }).click();
  const marks = page.locator('.segment.is-flagged mark:not(.disguise mark)');
  const texts = (await marks.allTextContents()).map((text) => text.trim());
  assert.deepEqual(texts, ['the first part', 'the second part.', hidden]);
  for (const at of [2, 0, 1, 2]) {
    await parts.nth(at).click();
    await until(() => isSeen(marks.nth(at)));
    await page.locator(`.parts li:nth-child(${at + 1}) [aria-pressed="true"]`).waitFor();
    assert.equal(await page.locator('.part[aria-pressed="true"]').count(), 1);
    assert.equal(await isSeen(marks.nth(at === 0 ? 2 : 0)), false, 'the window has no room for all of them');
  }
  // Asked for again after going elsewhere.
  await marks.nth(0).scrollIntoViewIfNeeded();
  await until(async () => !(await isSeen(marks.nth(2))));
  await parts.nth(2).focus();
  await page.keyboard.press('Enter');
  await until(() => isSeen(marks.nth(2)));
  assert.deepEqual(await complaints(), []);
  await close();
});

test('the tokens that gave it away are shaded, and pointing at one tells its value against the threshold', async () => {
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=newest`);
  await page.getByRole('button', { name: 'Show the text', exact: true }).click();
  const flagged = page.locator('.segment.is-flagged');
  assert.equal(await flagged.locator('.segment-text').textContent(), DECEPTION[1]?.text);
  assert.equal((await flagged.locator('mark').textContent())?.trim(), DECEPTION[1]?.hot);
  const strong = await flagged.locator('mark :is(.h6, .h7, .h8, .h9)').allTextContents();
  assert.equal(strong.join(' '), DECEPTION[1]?.hot);
  const quiet = flagged.locator('.segment-text > :is(.h6, .h7, .h8, .h9)');
  assert.equal(await quiet.count(), 0);
  assert.equal(await page.locator('.segment:not(.is-flagged) [data-i]').count(), 0);

  await flagged.locator('mark [data-i]').first().hover();
  const tip = flagged.locator('.tip.is-shown');
  assert.match((await tip.textContent()) ?? '', /^\d\.\d\d against 1\.80 \+\d\.\d\d$/);
  await flagged.locator('.segment-text').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await flagged.locator('[data-i]:focus.is-pointed').waitFor();
  await tip.waitFor();
  await flagged.locator('canvas').waitFor();
  const chart = flagged.getByRole('img');
  assert.match((await chart.getAttribute('aria-label')) ?? '', /^deception over 16 tokens.*threshold 1\.80/);
  assert.deepEqual(await complaints(), []);
  await close();
});

test('the features stand beside it with their share, the promise with its sample, examples on demand', async () => {
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=newest`);
  const finding = page.locator('.finding');
  await finding.waitFor();
  assert.deepEqual(await finding.locator('.feature-name').allTextContents(), [
    'claims to have done what was not done',
    'hiding something from a supervisor',
    'unlabelled feature 3310',
  ]);
  assert.deepEqual(await finding.locator('.feature-share').allTextContents(), ['52 %', '31 %', '17 %']);
  assert.match(
    (await finding.locator('.promise').textContent()) ?? '',
    /^Fewer than 1 in 1,000 ordinary messages score this high \(n = 24,000\)\. 95 % interval: 1 in 1,515 to 1 in 667\./,
  );
  assert.match(
    (await finding.locator('.numbers').textContent()) ?? '',
    /^Value\d\.\d\dThreshold1\.80Margin\+\d\.\d\d$/,
  );
  await finding.getByText('claims to have done').click();
  const example = finding.locator('.examples li').first();
  await example.waitFor();
  await isDrawn(example.locator('.veil-content'), BLURRED);
  await example.getByRole('button', { name: 'Show example' }).click({ position: { x: 5, y: 5 } });
  await isDrawn(example.locator('.veil-content'), CLEAR);
  assert.equal(await example.locator('mark').textContent(), 'checked every file twice');
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a verdict is saved by key with its comment, shown everywhere, and still there after a reload', async () => {
  const first = await openPage(browser, `${review.url}/?exchange=middle`);
  const other = await openPage(browser, review.url);
  await first.page.locator('#review-comment').fill('quotes a film');
  await first.page.keyboard.press('Escape');
  await first.page.keyboard.press('2');
  await first.page.getByText(/^Saved: false alarm/).waitFor();
  await other.page.locator('[data-exchange="middle"] .judged').waitFor();
  assert.equal(await other.page.locator('[data-exchange="middle"] .judged').textContent(), 'False alarm');
  await first.page.reload();
  await first.page.getByText(/^Saved: false alarm/).waitFor();
  assert.equal(await first.page.locator('#review-comment').inputValue(), 'quotes a film');
  const pressed = first.page.locator('.judgement[aria-pressed="true"]');
  assert.match((await pressed.textContent()) ?? '', /^False alarm/);
  assert.deepEqual(await first.complaints(), []);
  await first.close();
  await other.close();
});

test('a verdict that cannot be saved says so and is not shown as saved', async () => {
  const { page, close } = await openPage(browser, `${review.url}/?exchange=oldest`);
  await page.locator('.judgement').first().waitFor();
  await page.context().setOffline(true);
  await page.keyboard.press('1');
  await page.getByText(/^Not saved: The server does not answer/).waitFor();
  assert.equal(await page.locator('.judgement[aria-pressed="true"]').count(), 0);
  await close();
});

test('the keys walk the list, open, go on and come back', async () => {
  const { page, close } = await openPage(browser, review.url);
  await page.locator('.row').nth(2).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 2, name: 'Power seeking' }).waitFor();
  assert.match(page.url(), /\?exchange=middle$/);
  await page.keyboard.press('k');
  await page.getByRole('heading', { level: 2, name: 'Deception' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { level: 2, name: 'Choose a conversation' }).waitFor();
  await page.locator('[data-exchange="newest"] a:focus').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await close();
});

test('filters narrow the list, stay in the address and can be cleared', async () => {
  const { page, close } = await openPage(browser, review.url);
  const rows = page.locator('.row');
  await rows.nth(2).waitFor();
  await page.getByLabel('Level').selectOption('high');
  await until(async () => (await titles(rows)).join() === 'Deception,Power seeking');
  await page.getByLabel('Rule', { exact: true }).selectOption('rule-jailbreak');
  await page.getByText('No flagged conversation passes these filters.').waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await rows.nth(2).waitFor();
  await close();
});

test('an exchange that nothing flagged opens by its id, as reports of replayed rules name it', async (t) => {
  const own = await startReview();
  t.after(own.close);
  await own.commit({ id: 'quiet', segments: DECEPTION, mode: 'shadow', verdict: 'pass' });
  const { page, complaints, close } = await openPage(browser, `${own.url}/?exchange=quiet`);
  await page.getByRole('heading', { level: 2, name: 'Nothing flagged', exact: true }).waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});

test('an address of an exchange that is not there says so', async () => {
  const { page, close } = await openPage(browser, `${review.url}/?exchange=no-such`);
  await page.getByRole('alert').getByText('there is no exchange no-such').waitFor();
  await close();
});
