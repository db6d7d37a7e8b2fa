import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { systemRecord } from '../../alerts/index.ts';
import type { ErrorBody } from '../../review/index.ts';
import { until } from '../gateway/until.ts';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, type StartedReview, startReview } from './start.ts';

let browser: Browser;
let review: StartedReview;

before(async () => {
  [browser, review] = await Promise.all([launchBrowser(), startReview()]);
  await review.commit({ id: 'quiet', segments: DECEPTION, mode: 'shadow', verdict: 'pass' });
});

after(async () => {
  await browser?.close();
  await review?.close();
});

test('a verdict on what no rule flagged is refused and not stored', async () => {
  const response = await fetch(`${review.url}/api/exchanges/quiet/review`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ judgement: 'correct' }),
  });
  const { error } = (await response.json()) as ErrorBody;
  assert.deepEqual([response.status, error.code], [422, 'NOT_FLAGGED']);
  assert.match(error.message, /no rule flagged exchange quiet/);
  assert.equal((await review.ledger.readExchange('quiet'))?.review, null);
});

test('the keys judge nothing where no verdict is asked for', async () => {
  await review.commit({ id: 'flagged', segments: DECEPTION });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=quiet`);
  await page.getByRole('heading', { level: 2, name: 'Nothing flagged' }).waitFor();
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(request.url());
  });
  for (const key of ['1', '2', '3', 'u']) await page.keyboard.press(key);
  await page.locator('[data-exchange="flagged"] a').click();
  await page.locator('.judgement').first().waitFor();
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct/).waitFor();
  assert.deepEqual(posts, [`${review.url}/api/exchanges/flagged/review`]);
  assert.deepEqual(await complaints(), []);
  await close();
});

test('a notice that is dealt with does not count as a rule that was right', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const rule = { id: 'telltale-store', name: 'store', title: 'The store is nearly full' };
  const at = new Date().toISOString();
  const notice = { id: 'notice', rule, level: 'high', tags: [], about: 'store', text: '92 %', at } as const;
  await own.ledger.commit(systemRecord(notice));
  await own.commit({ id: 'alarm', segments: DECEPTION });
  const said = { comment: '', reviewer: 'Ana' };
  await own.ledger.saveReview({ ...said, exchangeId: 'notice', verdict: 'correct' });
  await own.ledger.saveReview({ ...said, exchangeId: 'alarm', verdict: 'false_alarm' });
  const { page, close } = await openPage(browser, own.url);
  const tiles = page.locator('.tiles dd');
  await until(async () => (await tiles.allTextContents()).join() === '2,0,0 %');
  await close();
});
