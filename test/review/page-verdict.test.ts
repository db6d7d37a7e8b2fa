import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { openPage } from './open-page.ts';
import { browser, review } from './shared-review.ts';
import { DECEPTION, startReview } from './start.ts';

const comment = (page: Page) => page.locator('#review-comment');
const state = (page: Page) => page.locator('.save-state');

test('a comment that is not saved yet outlasts going elsewhere, and what others say meanwhile', async () => {
  await review.commit(
    { id: 'other', segments: DECEPTION, title: 'Jailbreak' },
    { id: 'draft', segments: DECEPTION },
  );
  const mine = await openPage(browser, `${review.url}/?exchange=draft`);
  const theirs = await openPage(browser, `${review.url}/?exchange=draft`);
  await comment(mine.page).fill('I am in the middle of');
  await theirs.page.getByRole('button', { name: 'Unsure' }).click();
  await mine.page.getByText(/^Saved: unsure/).waitFor();
  assert.equal(await comment(mine.page).inputValue(), 'I am in the middle of');
  await mine.page.keyboard.press('Escape');
  await mine.page.keyboard.press('j');
  await mine.page.getByRole('heading', { level: 2, name: 'Jailbreak' }).waitFor();
  assert.equal(await comment(mine.page).inputValue(), '', 'it is not taken along');
  await mine.page.keyboard.press('k');
  await mine.page.getByRole('heading', { level: 2, name: 'Deception' }).waitFor();
  assert.equal(await comment(mine.page).inputValue(), 'I am in the middle of');
  await mine.page.keyboard.press('1');
  await theirs.page.getByText(/^Saved: correct/).waitFor();
  await until(async () => (await comment(theirs.page).inputValue()) === 'I am in the middle of');
  assert.deepEqual(await mine.complaints(), []);
  await mine.close();
  await theirs.close();
});

test('a verdict does not override one that was not seen: it says whose it is, shows it, and can be given again', async () => {
  await review.commit({ id: 'contested', segments: DECEPTION });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=contested`);
  await page.locator('.judgement').first().waitFor();
  // No event tells the page of it.
  const given = { exchangeId: 'contested', comment: 'a quotation', reviewer: 'Ana' };
  await review.ledger.saveReview({ ...given, verdict: 'false_alarm' });
  await page.keyboard.press('1');
  await page
    .getByText('Not saved: Ana said false alarm in the meantime; look at it and choose again')
    .waitFor();
  await page.locator('.judgement.is-false_alarm[aria-pressed="true"]').waitFor();
  assert.equal(await comment(page).inputValue(), 'a quotation');
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct, by reviewer, /).waitFor();
  await close();
});

test('a comment that is not saved yet outlasts a reload', async () => {
  await review.commit({ id: 'reloaded', segments: DECEPTION });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=reloaded`);
  await comment(page).fill('half a thought');
  await page.reload();
  await until(async () => (await comment(page).inputValue()) === 'half a thought');
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct/).waitFor();
  await page.reload();
  await page.getByText(/^Saved: correct/).waitFor();
  assert.equal(
    await page.evaluate(`sessionStorage.getItem('telltale.drafts')`),
    null,
    'saved, it is no draft',
  );
  assert.deepEqual(await complaints(), []);
  await close();
});

test('keys that are pressed in the list of keys judge nothing behind it', async () => {
  await review.commit({ id: 'behind', segments: DECEPTION });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=behind`);
  await page.locator('.judgement').first().waitFor();
  await page.keyboard.press('?');
  await page.locator('.help[open]').waitFor();
  let posts = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST') posts += 1;
  });
  await page.keyboard.press('1');
  await page.keyboard.press('?');
  await page.locator('.help[open]').waitFor({ state: 'detached' });
  await page.keyboard.press('2');
  await page.getByText(/^Saved: false alarm/).waitFor();
  assert.equal(posts, 1);
  await close();
});

test('a verdict can be taken back by key and by button, and the conversation waits for review again', async () => {
  await review.commit({ id: 'undone', segments: DECEPTION });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=undone`);
  await page.locator('.judgement').first().waitFor();
  await page.keyboard.press('2');
  await page.locator('[data-exchange="undone"] .judged').waitFor();
  await page.keyboard.press('u');
  await page.getByText('Not reviewed yet').waitFor();
  assert.equal(await page.locator('[data-exchange="undone"] .judged').count(), 0);
  assert.equal(await page.locator('.judgement[aria-pressed="true"]').count(), 0);
  await page.keyboard.press('u');
  await comment(page).fill('perhaps');
  await page.keyboard.press('Escape');
  await page.keyboard.press('3');
  await page.getByText(/^Saved: unsure/).waitFor();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByText('Not reviewed yet').waitFor();
  assert.equal((await review.ledger.readExchange('undone'))?.review, null);
  assert.equal(await comment(page).inputValue(), 'perhaps', 'what was written is not lost');
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a verdict is given under the name that was typed, which the browser keeps', async () => {
  await review.commit({ id: 'signed', segments: DECEPTION });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=signed`);
  await page.getByLabel('Your name, kept with your verdicts').fill('Ben');
  await page.keyboard.press('Escape');
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct, by Ben, /).waitFor();
  await page.reload();
  await page.getByText(/^Saved: correct, by Ben, /).waitFor();
  assert.equal(await page.locator('.signature').inputValue(), 'Ben');
  await close();
});

test('n goes to the next one that nobody has reviewed, past what is loaded, and says when nothing is left', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const count = 60;
  const ids = Array.from({ length: count }, (_, at) => `e-${at}`);
  await own.commit(...ids.map((id) => ({ id, segments: DECEPTION, title: `Title ${id}` })));
  const said = { comment: '', reviewer: 'a', verdict: 'correct' } as const;
  // Left open are the newest and the one before the oldest.
  for (const exchangeId of ids.filter((id) => id !== 'e-59' && id !== 'e-1')) {
    await own.ledger.saveReview({ exchangeId, ...said });
  }
  const { page, complaints, close } = await openPage(browser, `${own.url}/?exchange=e-59`);
  await page.locator('.judgement').first().waitFor();
  await page.keyboard.press('n');
  await page.getByRole('heading', { level: 2, name: 'Title e-1 ' }).waitFor();
  await page.locator('[data-exchange="e-1"] a:focus').waitFor();
  await page.getByRole('button', { name: 'Next to review' }).click();
  await page.getByText('Nothing more to review below').waitFor();
  assert.match(page.url(), /exchange=e-1$/);
  assert.equal(await state(page).textContent(), 'Not reviewed yet');
  assert.deepEqual(await complaints(), []);
  await close();
});
