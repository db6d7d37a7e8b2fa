import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { comeBack, openPage } from './open-page.ts';
import { browser, review } from './shared-review.ts';
import { DECEPTION } from './start.ts';

const posted = '**/api/exchanges/*/review';
const banner = (page: Page) => page.locator('.unsaved');

test('a verdict whose answer was lost on the way is shown as the saved one that it is', async () => {
  await review.commit({ id: 'lost', segments: DECEPTION });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=lost`);
  await page.locator('.judgement').first().waitFor();
  await page.route(posted, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await page.locator('#review-comment').fill('a plain case');
  await page.getByRole('button', { name: 'Correct' }).click();
  await page.getByText(/^Saved: correct/).waitFor();
  await page.route(posted, (route) => route.fulfill({ status: 200, body: 'half an ans' }));
  await page.getByRole('button', { name: 'Unsure' }).click();
  await page.getByText('Not saved: The server answered 200, but not with what was asked for.').waitFor();
  assert.equal((await review.ledger.readExchange('lost'))?.review?.verdict, 'correct');
  await close();
});

test('a verdict that was not saved is not told of any more once somebody else has given the same', async () => {
  await review.commit({ id: 'other', segments: DECEPTION }, { id: 'agreed', segments: DECEPTION });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=agreed`);
  await page.locator('.judgement').first().waitFor();
  await page.route(posted, (route) => route.abort());
  await page.keyboard.press('1');
  await page.getByText(/^Not saved/).waitFor();
  await page.keyboard.press('j');
  await banner(page).waitFor();
  await fetch(`${review.url}/api/exchanges/agreed/review`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ judgement: 'correct', reviewer: 'Ana' }),
  });
  await until(async () => (await banner(page).count()) === 0);
  await page.keyboard.press('k');
  await page.getByText(/^Saved: correct, by Ana/).waitFor();
  await close();
});

test('an answer that was on its way before a verdict does not take it back on the page', async () => {
  await review.commit({ id: 'raced', segments: DECEPTION });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=raced`);
  await page.locator('.judgement').first().waitFor();
  await page.locator('[data-exchange="raced"]').waitFor();
  const gate = Promise.withResolvers<void>();
  const held = [/\/api\/exchanges\/raced$/, /\/api\/exchanges\?/];
  let isRead = 0;
  for (const path of held) {
    await page.route(path, async (route) => {
      const response = await route.fetch();
      isRead += 1;
      await gate.promise;
      await route.fulfill({ response });
    });
  }
  await comeBack(page);
  await until(() => isRead === held.length);
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct/).waitFor();
  const isShown = held.map((path) => page.waitForResponse(path));
  gate.resolve();
  for (const response of await Promise.all(isShown)) await response.finished();
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(drawn))');
  await page.keyboard.press('3');
  await page.getByText(/^Saved: unsure/).waitFor();
  assert.equal(await page.locator('[data-exchange="raced"] .judged').textContent(), 'Unsure');
  await close();
});
