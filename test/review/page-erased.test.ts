import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, openPage } from './open-page.ts';
import { browser, review } from './shared-review.ts';
import { DECEPTION, startReview } from './start.ts';

test('what was erased goes from the screen: its text, its row, and the verdict that waits for it', async (t) => {
  const own = await startReview();
  t.after(own.close);
  await own.commit(
    { id: 'kept', segments: DECEPTION, title: 'Kept' },
    { id: 'beside', segments: DECEPTION, title: 'Beside' },
    { id: 'erased', segments: DECEPTION, title: 'Erased' },
  );
  const { page, close } = await openPage(browser, `${own.url}/?state=open&exchange=erased`);
  await page.getByRole('heading', { level: 2, name: 'Erased' }).waitFor();
  await page.locator('.row').nth(2).waitFor();
  await own.ledger.saveReview({ exchangeId: 'kept', verdict: 'unsure', comment: '', reviewer: 'Ana' });
  for (const value of ['erased', 'beside']) await own.ledger.erase({ by: 'exchange', value });
  await page.locator('#review-comment').fill('half a thought');
  await page.keyboard.press('Escape');
  await page.keyboard.press('1');
  await page.getByText('There is no exchange erased in the store').waitFor();
  assert.equal(await page.locator('.opened').count(), 0, 'its text is gone');
  assert.equal(await page.locator('[data-exchange="erased"]').count(), 0, 'its row is gone');
  assert.equal(await page.evaluate(`sessionStorage.getItem('telltale.drafts')`), null);
  await comeBack(page);
  await page.locator('[data-exchange="beside"]').waitFor({ state: 'detached' });
  await page.locator('[data-exchange="kept"] .judged').waitFor();
  assert.equal(await page.locator('.unsaved').count(), 0);
  await close();
});

test('a text that was erased while the reader was elsewhere does not stand there when they come back', async () => {
  await review.commit({ id: 'read', segments: DECEPTION, title: 'Read' });
  const { page, close } = await openPage(browser, `${review.url}/?exchange=read`);
  await page.getByRole('heading', { level: 2, name: 'Read' }).waitFor();
  await page.locator('[data-exchange="read"]').waitFor();
  await review.ledger.erase({ by: 'exchange', value: 'read' });
  await comeBack(page);
  await page.getByText('There is no exchange read in the store').waitFor();
  await page.locator('[data-exchange="read"]').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.opened').count(), 0);
  await close();
});
