import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, startReview } from './start.ts';

/** Longer than a page waits for a sign of life. */
const LONG_MS = 46_000;

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser?.close());

/** A page whose clock the test moves, and how often it has connected since. */
async function openAtClock(t: TestContext, heartbeatMs: number) {
  const own = await startReview({ heartbeatMs });
  t.after(own.close);
  const { page, close } = await openPage(browser, own.url);
  t.after(close);
  await page.clock.install();
  await page.reload();
  await page.locator('.live.is-live').waitFor();
  const connections: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/events')) connections.push(request.url());
  });
  return { own, page, connections };
}

/** Waits until the server has shown signs of life since the call, as the page's own browser hears them. */
async function hearAlive(page: Page): Promise<void> {
  await page.evaluate(`window.heard = 0;
    window.ear = new EventSource('api/events?of=the-test');
    window.ear.addEventListener('alive', () => { window.heard += 1; });`);
  await until(async () => ((await page.evaluate('window.heard')) as number) >= 2);
  await page.evaluate('window.ear.close()');
}

test('a connection on which nothing comes any more is not called live, and is made anew', async (t) => {
  const { own, page, connections } = await openAtClock(t, 3_600_000);
  await own.commit({ id: 'a', segments: DECEPTION });
  await page.locator('.row').waitFor();
  await page.clock.runFor(LONG_MS);
  await until(() => connections.length === 1);
  await page.locator('.live.is-live').waitFor();
  await until(() => own.server.stats().listeners === 1);
  await own.commit({ id: 'b', segments: DECEPTION });
  await page.locator('.row').nth(1).waitFor();
});

test('a connection on which there are only signs of life is kept', async (t) => {
  const { page, connections } = await openAtClock(t, 50);
  for (let turn = 0; turn < 3; turn += 1) {
    await hearAlive(page);
    await page.clock.runFor(LONG_MS / 2);
  }
  assert.deepEqual(connections, []);
  assert.equal(await page.locator('.live').textContent(), 'Live');
});
