import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { until } from '../gateway/until.ts';
import { launchBrowser } from '../services/browser.ts';
import { openPage } from './open-page.ts';
import { DECEPTION, startReview } from './start.ts';

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser?.close());

for (const [others, isMore] of [
  [20, false],
  [21, true],
] as const) {
  test(`of ${others} others in a conversation twenty stand beside it, and it is ${isMore ? '' : 'not '}said that there are more`, async (t) => {
    const own = await startReview();
    t.after(own.close);
    const ids = Array.from({ length: others + 1 }, (_, at) => `e-${at}`);
    await own.commit(...ids.map((id) => ({ id, segments: DECEPTION, conversationId: 'talk' })));
    await own.commit({ id: 'apart', segments: DECEPTION });
    const viewport = isMore ? { width: 390, height: 844 } : { width: 1440, height: 900 };
    const { page, close } = await openPage(browser, `${own.url}/?exchange=e-0`, { viewport });
    await page.locator('.same li').nth(19).waitFor();
    assert.equal(await page.locator('.same li').count(), 20);
    const more = page.getByRole('button', { name: 'There are more: show all of them in the list' });
    assert.equal(await more.count(), isMore ? 1 : 0);
    if (isMore) {
      await more.click();
      await until(async () => (await page.locator('.row:visible').count()) === others + 1);
      assert.equal(await page.locator('[data-exchange="apart"]').count(), 0);
    }
    await close();
  });
}

test('rules that are not among the most frequent are told of, and can be chosen as far as they are named', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const also = Array.from({ length: 204 }, (_, at) => ({ title: `Rule ${at}` }));
  await own.commit({ id: 'seldom', segments: DECEPTION, title: 'Named last', also });
  await own.commit(
    { id: 'often', segments: DECEPTION, title: 'Often' },
    { id: 'again', segments: DECEPTION, title: 'Often' },
  );
  const { page, close } = await openPage(browser, own.url);
  const rules = page.locator('.overview section').filter({ hasText: 'By rule' });
  await rules.getByText('198 more', { exact: true }).click();
  await rules.getByText('and 6 that matched less often').waitFor();
  assert.equal(await rules.locator('.shares li').count(), 200);
  const last = page.getByLabel('Rule', { exact: true }).locator('option').last();
  assert.equal(await last.textContent(), '6 more that matched less often');
  await rules.locator('.rest button').first().click();
  await until(() => /rule=rule-/.test(page.url()));
  await page.locator('[data-exchange="often"]').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.row').count(), 1);
  await close();
});
