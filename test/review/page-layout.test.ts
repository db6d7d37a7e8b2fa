import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

let browser: Browser;
let review: StartedReview;

before(async () => {
  [browser, review] = await Promise.all([launchBrowser(), startReview()]);
  await review.commit({ id: 'one', segments: DECEPTION });
});

after(async () => {
  await browser?.close();
  await review?.close();
});

test('on a phone the list gives way to the conversation and comes back', async () => {
  const { page, close } = await openPage(browser, review.url, { viewport: { width: 390, height: 844 } });
  await page.locator('.row a').first().click();
  await page.locator('.opened').waitFor();
  assert.equal(await page.locator('.list-pane').isVisible(), false);
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  assert.equal(await page.evaluate(overflow), 0);
  await page.locator('.back').click();
  await page.locator('.list-pane').waitFor();
  assert.equal(await page.evaluate(overflow), 0);
  await close();
});

test('a window made narrower with a conversation open cuts nothing off', async () => {
  const { page, close } = await openPage(browser, review.url);
  await page.locator('.row a').first().click();
  await page.locator('.segment.is-flagged .chart-host canvas').first().waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  const cutOff = `[...document.querySelectorAll('.opened *')].filter(
    (element) => element.getBoundingClientRect().right > innerWidth).length`;
  await until(async () => (await page.evaluate(cutOff)) === 0);
  await close();
});

test('a title too long for the list is cut short and widens nothing', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const title = 'Instructions for the model that somebody hid in a message of the user';
  await own.commit({ id: 'long', segments: DECEPTION, title });
  const { page, close } = await openPage(browser, own.url);
  await page.locator('.row').waitFor();
  const overhang = `(() => {
    const pane = document.querySelector('.list-pane').getBoundingClientRect().right;
    return Math.max(...[...document.querySelectorAll('.row *')].map((e) => e.getBoundingClientRect().right)) - pane;
  })()`;
  assert.ok(Number(await page.evaluate(overhang)) <= 0);
  await close();
});
