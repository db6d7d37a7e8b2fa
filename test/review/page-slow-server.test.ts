import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser?.close());

/** Two flagged conversations, `first` above `second`, in a store of its own. */
async function startWithTwo(t: TestContext): Promise<StartedReview> {
  const own = await startReview();
  t.after(own.close);
  await own.commit(
    { id: 'second', segments: DECEPTION, title: 'Second' },
    { id: 'first', segments: DECEPTION, title: 'First' },
  );
  return own;
}

test('who goes on while a slow server saves gives the next verdict too, and each says what became of it', async (t) => {
  const own = await startWithTwo(t);
  const { page, close } = await openPage(browser, `${own.url}/?exchange=first`);
  const gate = Promise.withResolvers<void>();
  await page.route('**/api/exchanges/first/review', async (route) => {
    await gate.promise;
    await route.abort();
  });
  await page.locator('.judgement').first().waitFor();
  await page.keyboard.press('1');
  await page.getByText('Saving').waitFor();
  await page.keyboard.press('j');
  await page.getByRole('heading', { level: 2, name: 'Second' }).waitFor();
  await page.keyboard.press('2');
  await page.getByText(/^Saved: false alarm/).waitFor();
  gate.resolve();
  await page.keyboard.press('k');
  await page.getByRole('heading', { level: 2, name: 'First' }).waitFor();
  await page.getByText(/^Not saved: The server does not answer/).waitFor();
  assert.equal((await own.ledger.readExchange('second'))?.review?.verdict, 'false_alarm');
  await close();
});

test('a key that is pressed before the next conversation is there judges neither it nor the one before', async (t) => {
  const own = await startWithTwo(t);
  await own.ledger.saveReview({ exchangeId: 'first', comment: '', reviewer: 'Ana', verdict: 'unsure' });
  const { page, complaints, close } = await openPage(browser, `${own.url}/?exchange=first`);
  const gate = Promise.withResolvers<void>();
  await page.route('**/api/exchanges/second', async (route) => {
    await gate.promise;
    await route.continue();
  });
  await page.locator('.judgement').first().waitFor();
  await page.locator('.row').nth(1).waitFor();
  await page.keyboard.press('j');
  await page.locator('.detail').getByText('Loading').waitFor();
  let posts = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST') posts += 1;
  });
  for (const key of ['1', 'u']) await page.keyboard.press(key);
  gate.resolve();
  await page.getByRole('heading', { level: 2, name: 'Second' }).waitFor();
  await page.keyboard.press('2');
  await page.getByText(/^Saved: false alarm/).waitFor();
  assert.equal(posts, 1);
  assert.equal((await own.ledger.readExchange('first'))?.review?.verdict, 'unsure');
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a verdict that is not saved after its reader has gone on says so wherever they are, and leads back', async (t) => {
  const own = await startWithTwo(t);
  const viewport = { width: 390, height: 844 };
  const { page, close } = await openPage(browser, `${own.url}/?exchange=first`, { viewport });
  const gate = Promise.withResolvers<void>();
  await page.route('**/api/exchanges/first/review', async (route) => {
    await gate.promise;
    await route.abort();
  });
  await page.locator('.judgement').first().waitFor();
  await page.keyboard.press('1');
  await page.keyboard.press('n');
  await page.getByRole('heading', { level: 2, name: 'Second' }).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  gate.resolve();
  const told = page.getByRole('alert').getByRole('button', { name: 'A verdict was not saved' });
  await told.waitFor();
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  assert.equal(await page.evaluate(overflow), 0);
  await told.click();
  await page.getByRole('heading', { level: 2, name: 'First' }).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0, 'the form says it there');
  await page.unroute('**/api/exchanges/first/review');
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct/).waitFor();
  await page.keyboard.press('j');
  await page.getByRole('heading', { level: 2, name: 'Second' }).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await close();
});

test('n that is pressed before the list is there finds the next one when it is', async (t) => {
  const own = await startWithTwo(t);
  const { page, close } = await openPage(browser, `${own.url}/`);
  const isAsked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  await page.route(/\/api\/exchanges(\?|$)/, async (route) => {
    isAsked.resolve();
    await gate.promise;
    await route.continue();
  });
  await page.goto(`${own.url}/?exchange=first`);
  await page.locator('.judgement').first().waitFor();
  await isAsked.promise;
  await page.keyboard.press('n');
  gate.resolve();
  await page.getByRole('heading', { level: 2, name: 'Second' }).waitFor();
  await close();
});
