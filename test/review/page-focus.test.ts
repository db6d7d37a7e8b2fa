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
  const story = { role: 'user', text: 'It was a long day at the harbour. '.repeat(30) } as const;
  await review.commit({ id: 'only', segments: [story, ...DECEPTION], title: 'Only' });
});

after(async () => {
  await browser?.close();
  await review?.close();
});

/** Waits until the focus is in one of these. */
const isFocused = (places: Locator) =>
  until(() => places.evaluateAll((found) => found.some((place) => place.matches(':focus'))));

test('a button that goes when it is pressed hands its focus to what it showed', async () => {
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=only`);
  const segments = page.locator('.segment');
  await segments.nth(2).waitFor();
  await page.locator('.peek').focus();
  await page.keyboard.press('Enter');
  await isFocused(page.locator('[data-exchange="only"] a'));
  await page.reload();
  await page.getByRole('button', { name: 'Show this text' }).nth(1).press('Enter');
  await isFocused(segments.nth(1).locator('.veil-content'));
  await page.getByRole('button', { name: 'Show all of it' }).press('Enter');
  await isFocused(segments.nth(0));
  await page.getByRole('button', { name: 'Show the text', exact: true }).press('Enter');
  await isFocused(page.getByRole('heading', { level: 2, name: 'Only' }));
  assert.deepEqual(await complaints(), []);
  await close();
});

test('where the list gives way to the conversation, the focus goes to its title', async () => {
  const viewport = { width: 390, height: 844 };
  const { page, close } = await openPage(browser, review.url, { viewport });
  await page.locator('[data-exchange="only"] a').press('Enter');
  await isFocused(page.getByRole('heading', { level: 2, name: 'Only' }));
  await close();
});

test('n with no conversation open says when nothing is left, until something comes', async (t) => {
  const own = await startReview();
  t.after(own.close);
  await own.commit({ id: 'done', segments: DECEPTION });
  await own.ledger.saveReview({ exchangeId: 'done', verdict: 'unsure', comment: '', reviewer: 'Ana' });
  const { page, close } = await openPage(browser, own.url);
  await page.locator('.row.is-done').waitFor();
  await page.keyboard.press('n');
  const said = page.getByRole('status').filter({ hasText: 'Nothing more to review below' });
  await said.waitFor();
  await own.commit({ id: 'new', segments: DECEPTION, title: 'New one' });
  await said.waitFor({ state: 'detached' });
  await page.keyboard.press('n');
  await page.getByRole('heading', { level: 2, name: 'New one' }).waitFor();
  await close();
});
