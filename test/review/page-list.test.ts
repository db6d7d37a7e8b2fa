import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

/** A page holds 50. */
const COUNT = 70;

let browser: Browser;
let review: StartedReview;

before(async () => {
  [browser, review] = await Promise.all([launchBrowser(), startReview()]);
  const ids = Array.from({ length: COUNT }, (_, at) => `e-${at}`);
  await review.commit(...ids.map((id) => ({ id, segments: DECEPTION, title: `Title ${id}` })));
});

after(async () => {
  await browser?.close();
  await review?.close();
});

const rowCount = (page: Page): Promise<number> => page.locator('.row').count();

const hide = (page: Page, isHidden: boolean) =>
  page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));`);

test('older conversations are loaded as the reader comes near them, and by key past the last one loaded', async () => {
  const scrolled = await openPage(browser, review.url);
  await until(async () => (await rowCount(scrolled.page)) === 50);
  await scrolled.page.locator('.row').nth(49).scrollIntoViewIfNeeded();
  await until(async () => (await rowCount(scrolled.page)) === COUNT);
  await scrolled.close();

  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=e-20`);
  await page.getByRole('heading', { level: 2, name: 'Title e-20' }).waitFor();
  await until(async () => (await rowCount(page)) >= 50);
  await page.keyboard.press('j');
  await page.getByRole('heading', { level: 2, name: 'Title e-19' }).waitFor();
  await page.locator('[data-exchange="e-19"] a:focus').waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a key past the last conversation loaded goes on where the list is just being read anew', async () => {
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=e-20`);
  await page.getByRole('heading', { level: 2, name: 'Title e-20' }).waitFor();
  await until(async () => (await rowCount(page)) === 50);
  const { promise: keyPressed, resolve: release } = Promise.withResolvers<void>();
  await page.route(/\/api\/exchanges\?/, async (route) => {
    await keyPressed;
    await route.continue();
  });
  await hide(page, true);
  const isReadAnew = page.waitForRequest(/\/api\/exchanges\?/);
  await hide(page, false);
  await isReadAnew;
  await page.keyboard.press('j');
  release();
  await page.getByRole('heading', { level: 2, name: 'Title e-19' }).waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});

test('who comes back to the tab finds the list as far as it was loaded, with what is new on top', async () => {
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=e-69`);
  await page.locator('.row').nth(49).scrollIntoViewIfNeeded();
  await until(async () => (await rowCount(page)) === COUNT);
  await hide(page, true);
  await review.commit({ id: 'meanwhile', segments: DECEPTION, title: 'Meanwhile' });
  const said = { comment: '', reviewer: 'Ana', verdict: 'unsure' } as const;
  await review.ledger.saveReview({ exchangeId: 'e-69', ...said });
  await hide(page, false);
  await page.locator('[data-exchange="meanwhile"]').waitFor();
  assert.equal(await rowCount(page), COUNT + 1);
  assert.equal(await page.locator('.row').first().getAttribute('data-exchange'), 'meanwhile');
  await page.locator('[data-exchange="e-69"] .judged').waitFor();
  await page.getByText(/^Saved: unsure, by Ana/).waitFor();
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a server that goes away takes nothing from who reads, and says so until it is back', async () => {
  const { page, close } = await openPage(browser, `${review.url}/?exchange=e-5`);
  await page.getByRole('heading', { level: 2, name: 'Title e-5 ' }).waitFor();
  await until(async () => (await rowCount(page)) >= 50);
  await hide(page, true);
  await page.context().setOffline(true);
  await hide(page, false);
  await page.locator('.live.is-lost').waitFor();
  assert.equal(await page.locator('.live').textContent(), 'Not connected, trying again');
  await page.getByRole('heading', { level: 2, name: 'Title e-5 ' }).waitFor();
  assert.ok((await rowCount(page)) >= 50);
  await page.context().setOffline(false);
  await page.locator('.live.is-live').waitFor();
  await until(async () => (await page.locator('.trouble').count()) === 0);
  await close();
});

test('a conversation that could not be read can be asked for again, and one that is gone says why and leads back', async () => {
  const { page, close } = await openPage(browser, `${review.url}/?exchange=e-40`);
  await page.getByRole('heading', { level: 2, name: 'Title e-40 ' }).waitFor();
  await page.route('**/api/exchanges/e-39', (route) => route.abort());
  await page.locator('[data-exchange="e-40"].is-current').waitFor();
  await page.keyboard.press('j');
  const trouble = page.locator('.detail > .trouble');
  await trouble.getByText('The server does not answer').waitFor();
  await page.unroute('**/api/exchanges/e-39');
  await trouble.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { level: 2, name: 'Title e-39 ' }).waitFor();
  assert.equal(await trouble.count(), 0);

  await page.goto(`${review.url}/?exchange=gone`);
  await trouble.getByText('There is no exchange gone in the store. It may have been erased').waitFor();
  assert.equal(await trouble.getByRole('button', { name: 'Try again' }).count(), 0);
  await trouble.getByRole('button', { name: 'Back to the list' }).click();
  await page.getByRole('heading', { name: 'Choose a conversation' }).waitFor();
  await close();
});

test('who waits for the list is told so', async () => {
  const { page, close } = await openPage(browser, review.url);
  const gate = Promise.withResolvers<void>();
  await page.route(/\/api\/exchanges\?/, async (route) => {
    await gate.promise;
    await route.continue();
  });
  await page.reload();
  await page.locator('.list-pane').getByText('Loading').waitFor();
  gate.resolve();
  await until(async () => (await rowCount(page)) === 50);
  assert.equal(await page.locator('.list-pane').getByText('Loading').count(), 0);
  await close();
});

test('a list of other filters that could not be loaded is not mixed with the one that is shown', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const ids = Array.from({ length: COUNT }, (_, at) => `e-${at}`);
  await own.commit(
    { id: 'wanted', segments: DECEPTION, level: 'critical' },
    ...ids.map((id) => ({ id, segments: DECEPTION })),
  );
  const { page, close } = await openPage(browser, own.url);
  await page.locator('.row').nth(49).waitFor();
  await page.route(/\/api\/exchanges\?.*level=critical/, (route) => route.abort());
  await page.getByLabel('Level').selectOption('critical');
  await page.locator('.list-pane .trouble').waitFor();
  await page.unroute(/\/api\/exchanges\?.*level=critical/);
  await page.getByRole('button', { name: 'Show older' }).click();
  await page.locator('[data-exchange="wanted"]').waitFor();
  assert.equal(await page.locator('.row').count(), 1);
  await close();
});

test('what else was flagged in a conversation stands beside it, newest first, and leads there', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const conversationId = 'talk';
  await own.commit(
    { id: 'one', segments: DECEPTION, conversationId, title: 'First' },
    { id: 'apart', segments: DECEPTION, title: 'Apart' },
    { id: 'two', segments: DECEPTION, conversationId, title: 'Second' },
    { id: 'three', segments: DECEPTION, conversationId, title: 'Third' },
  );
  const { page, complaints, close } = await openPage(browser, `${own.url}/?exchange=two`);
  const others = page.locator('.same a > span:first-child');
  await others.nth(1).waitFor();
  assert.deepEqual(await others.allTextContents(), ['Third', 'First']);
  await page.locator('.same').getByText('First').click();
  await page.getByRole('heading', { level: 2, name: 'First' }).waitFor();
  await until(async () => (await others.allTextContents()).join() === 'Third,Second');
  await page.locator('[data-exchange="apart"] a').click();
  await page.getByRole('heading', { level: 2, name: 'Apart' }).waitFor();
  assert.equal(await page.locator('.same').count(), 0);
  assert.deepEqual(await complaints(), []);
  await close();
});

test('the list narrows to what was blocked, also as new ones arrive', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const blocked = { segments: DECEPTION, mode: 'enforce', verdict: 'block' } as const;
  await own.commit({ id: 'blocked', ...blocked }, { id: 'flagged', segments: DECEPTION });
  const { page, close } = await openPage(browser, own.url);
  await page.locator('.row').nth(1).waitFor();
  await page.getByRole('button', { name: '2 to review of 2' }).click();
  await until(() => page.url().includes('state=open'));
  await page.getByLabel('Outcome').selectOption('block');
  await until(async () => (await rowCount(page)) === 1);
  await own.commit({ id: 'flagged-too', segments: DECEPTION }, { id: 'blocked-too', ...blocked });
  await page.locator('[data-exchange="blocked-too"]').waitFor();
  assert.equal(await rowCount(page), 2);
  assert.match(page.url(), /outcome=block/);
  await page.reload();
  await until(async () => (await rowCount(page)) === 2);
  await close();
});

test('a search finds words of an excerpt and ids, stays in the address, and takes in what arrives', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const said = (text: string) => [{ role: 'user' as const, text, hot: text }];
  await own.commit(
    { id: 'apple', segments: said('An Apple a day') },
    { id: 'pear', segments: said('A pear a day') },
  );
  const { page, complaints, close } = await openPage(browser, own.url);
  await page.locator('.row').nth(1).waitFor();
  await page.keyboard.press('/');
  await page.locator('#search:focus').waitFor();
  await page.keyboard.type('apple');
  await until(async () => (await rowCount(page)) === 1);
  await page.locator('[data-exchange="apple"]').waitFor();
  await own.commit({ id: 'plum', segments: said('A plum') }, { id: 'more', segments: said('More apples') });
  await page.locator('[data-exchange="more"]').waitFor();
  assert.equal(await rowCount(page), 2);
  assert.match(page.url(), /words=apple/);
  await page.reload();
  await until(async () => (await rowCount(page)) === 2);
  assert.equal(await page.locator('#search').inputValue(), 'apple');
  await page.locator('#search').fill('conversation-of-pear');
  await page.locator('[data-exchange="pear"]').waitFor();
  await page.locator('#search').fill('quince');
  await page.getByText('A search looks at the excerpts').waitFor();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await until(async () => (await rowCount(page)) === 4);
  assert.equal(await page.locator('#search').inputValue(), '');
  assert.deepEqual(await complaints(), []);
  await close();
});
