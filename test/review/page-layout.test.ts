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

test('what else was flagged in the conversation, whatever its title, pushes no verdict off the edge', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const title = 'Instructions for the model that somebody hid in a message of the user';
  const conversationId = 'talk';
  await own.commit(
    { id: 'earlier', segments: DECEPTION, conversationId, title },
    { id: 'later', segments: DECEPTION, conversationId },
  );
  const { page, close } = await openPage(browser, `${own.url}/?exchange=later`);
  await page.locator('.same a').waitFor();
  const overhang = `(() => {
    const edge = document.querySelector('.columns').getBoundingClientRect().right;
    return Math.max(...[...document.querySelectorAll('.evidence *')].map((e) => e.getBoundingClientRect().right)) - edge;
  })()`;
  assert.ok(Number(await page.evaluate(overhang)) <= 0);
  await close();
});

test('where nothing hovers, the way to a blurred text is whole, however short the text', async () => {
  const { page, close } = await openPage(browser, `${review.url}/?exchange=one`, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  const veil = page.locator('.segment .veil').first();
  await veil.waitFor();
  const [pane, way] = [await veil.boundingBox(), await veil.locator('.veil-button span').boundingBox()];
  assert.ok(pane && way && way.y >= pane.y && way.y + way.height <= pane.y + pane.height);
  await close();
});

for (const viewport of [
  { width: 390, height: 844 },
  { width: 1024, height: 768 },
]) {
  test(`the verdict is in reach ${viewport.width} wide, however long the conversation`, async (t) => {
    const own = await startReview();
    t.after(own.close);
    const turns = Array.from({ length: 30 }, (_, at) => ({ role: 'user' as const, text: `Turn ${at}` }));
    await own.commit({ id: 'long', segments: [...DECEPTION, ...turns] });
    const { page, close } = await openPage(browser, `${own.url}/?exchange=long`, { viewport });
    const verdict = page.getByRole('button', { name: 'False alarm' });
    await verdict.waitFor();
    const isInReach = async () => {
      const box = await verdict.boundingBox();
      return box !== null && box.y > 0 && box.y + box.height <= viewport.height;
    };
    await until(isInReach);
    await page.locator('.segment').last().scrollIntoViewIfNeeded();
    await until(isInReach);
    await verdict.click();
    await page.getByText(/^Saved: false alarm/).waitFor();
    await close();
  });
}

test('text that runs from right to left begins at the right, and the arrow keys walk it as it is read', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const text = 'هذا نص عربي قصير يقول شيئا لا بأس به';
  await own.commit({ id: 'arabic', segments: [{ role: 'user', text, hot: text }] });
  const { page, close } = await openPage(browser, `${own.url}/?exchange=arabic`);
  await page.keyboard.press('b');
  const words = page.locator('.segment-text [data-i]');
  await words.nth(2).waitFor();
  const left = async (at: number) => (await words.nth(at).boundingBox())?.x ?? 0;
  assert.ok((await left(0)) > (await left(2)), 'the first word stands right of the third');
  const pane = await page.locator('.segment-text').boundingBox();
  const first = await words.nth(0).boundingBox();
  assert.ok(pane && first && pane.x + pane.width - (first.x + first.width) < 8, 'it begins at the edge');
  assert.equal(await page.locator('.excerpt-text').getAttribute('dir'), 'auto');
  await page.locator('.segment-text').focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('[data-i="0"]:focus').waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.locator('[data-i="1"]:focus').waitFor();
  await close();
});

test('the words that gave it away are not opened behind the verdict', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const viewport = { width: 1024, height: 768 };
  const before = Array.from({ length: 3 }, (_, at) => ({ role: 'user' as const, text: `Turn ${at}` }));
  const hot = 'and nobody will know';
  // Lower by a line each; some of them come to stand where the verdict is.
  for (let lines = 0; lines < 12; lines += 1) {
    const text = `${'One line.\n'.repeat(lines)}${hot}`;
    await own.commit({ id: `after-${lines}`, segments: [...before, { role: 'assistant', text, hot }] });
  }
  const { page, close } = await openPage(browser, own.url, { viewport });
  await page.keyboard.press('b');
  const mark = page.locator('mark [data-i]').first();
  for (let lines = 0; lines < 12; lines += 1) {
    await page.locator(`[data-exchange="after-${lines}"] a`).click();
    await page.locator(`[data-exchange="after-${lines}"].is-current`).waitFor();
    await mark.waitFor();
    await until(async () => {
      const [words, bar] = [await mark.boundingBox(), await page.locator('.review').boundingBox()];
      return words !== null && bar !== null && words.y > 0 && words.y + words.height <= bar.y;
    });
  }
  await close();
});
