import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openPage } from './open-page.ts';
import { browser, review } from './shared-review.ts';
import { DECEPTION, startReview } from './start.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const HOSTILE = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 2">',
  '<svg onload="window.hacked = 3"><a href="javascript:window.hacked = 4">click</a></svg>',
  '</p></div><iframe srcdoc="<script>parent.hacked = 5</script>"></iframe>',
  '\u202Ereversed\u202C &lt;b&gt; {{7*7}} $' + '{window.hacked = 6}',
].join(' ');

test('markup in a conversation stays text, in the segments, the excerpt and the title', async () => {
  await review.commit({
    id: 'hostile',
    title: '<img src=x onerror=alert(1)>',
    segments: [
      { role: 'user', text: HOSTILE },
      { role: 'assistant', text: `Sure: ${HOSTILE}`, hot: HOSTILE },
    ],
  });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=hostile`);
  await page.keyboard.press('b');
  const texts = page.locator('.segment-text');
  await texts.nth(1).waitFor();
  assert.deepEqual(await texts.allTextContents(), [HOSTILE, `Sure: ${HOSTILE}`]);
  assert.match(
    (await page.locator('.excerpt-text').textContent()) ?? '',
    /<script>window\.hacked = 1<\/script>/,
  );
  assert.equal(await page.locator('.row-title').textContent(), 'New<img src=x onerror=alert(1)>'.slice(3));
  assert.equal(await page.locator('#app :is(img, script, iframe, a[href^="javascript"])').count(), 0);
  assert.equal(await page.evaluate('window.hacked'), undefined);
  assert.deepEqual(await complaints(), []);
  await close();
});

test('the policy would stop what slipped through', async () => {
  const { page, complaints, close } = await openPage(browser, review.url);
  await page.evaluate(
    `document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(`<p style="color:red">${HOSTILE}</p>`)})`,
  );
  await page.waitForFunction('window.violations.length >= 3');
  assert.equal(await page.evaluate('window.hacked'), undefined);
  assert.match((await complaints()).join('\n'), /style-src/);
  await close();
});

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Every rule of axe, or the named ones. */
async function accessibilityTroubles(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  const options = JSON.stringify(rules === undefined ? {} : { runOnly: rules });
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResult;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

/** Of a segment that was not read. */
const PLACE = {
  segmentId: 'request/messages/9/content',
  pointer: '/messages/9/content',
  role: 'user',
  choice: null,
};

test('axe finds nothing to fault in an empty list, a list, a veiled and an open conversation', async (t) => {
  const own = await startReview();
  t.after(own.close);
  const { page, close } = await openPage(browser, own.url);
  await page.getByText('Nothing flagged yet').waitFor();
  assert.deepEqual(await accessibilityTroubles(page), []);
  await own.commit(
    { id: 'judged', segments: DECEPTION, level: 'medium', title: 'Jailbreak' },
    { id: 'blocked', segments: DECEPTION, level: 'critical', mode: 'enforce', verdict: 'block' },
    {
      id: 'open',
      segments: DECEPTION,
      verdict: 'block',
      also: [{ title: 'Acts', level: 'medium', mode: 'enforce', action: 'block' }],
      coverage: [{ ...PLACE, status: 'skipped', reason: 'over_cap', tokens: 0, bytes: 9 }],
    },
  );
  await page.locator('[data-exchange="open"] a').click();
  await page.locator('.finding').first().waitFor();
  await page.keyboard.press('1');
  await page.getByText(/^Saved: correct/).waitFor();
  assert.deepEqual(await accessibilityTroubles(page), []);
  await openEverything(page);
  assert.deepEqual(await accessibilityTroubles(page), []);
  await close();
});

test('colours keep their contrast in the dark', async (t) => {
  const own = await startReview();
  t.after(own.close);
  await own.commit(
    {
      id: 'low',
      segments: DECEPTION,
      level: 'low',
      also: [{ title: 'Acts', level: 'informational', mode: 'enforce', action: 'block' }],
      verdict: 'block',
      coverage: [{ ...PLACE, status: 'skipped', reason: 'over_cap', tokens: 0, bytes: 9 }],
    },
    { id: 'medium', segments: DECEPTION, level: 'medium' },
    { id: 'critical', segments: DECEPTION, level: 'critical' },
  );
  const { page, close } = await openPage(browser, `${own.url}/?exchange=low`, { colorScheme: 'dark' });
  await page.locator('.finding').first().waitFor();
  await page.keyboard.press('2');
  await page.getByText(/^Saved: false alarm/).waitFor();
  await openEverything(page);
  assert.deepEqual(await accessibilityTroubles(page, ['color-contrast']), []);
  await close();
});

async function openEverything(page: Page): Promise<void> {
  await page.keyboard.press('b');
  await page.locator('.rule-test summary').click();
  await page.locator('.feature-name').first().click();
  await page.locator('.examples').waitFor();
  await page.locator('mark [data-i]').first().hover();
}

test('four thousand shaded tokens are all there and all of the text with them', async () => {
  const words = Array.from({ length: 4_096 }, (_, at) => ['the', 'plan', 'holds', 'unseen'][at % 4]).join(
    ' ',
  );
  await review.commit({ id: 'long', segments: [{ role: 'assistant', text: words, hot: words }] });
  const { page, complaints, close } = await openPage(browser, `${review.url}/?exchange=long`);
  await page.locator('[data-i="4095"]').waitFor({ state: 'attached' });
  assert.equal(await page.locator('.segment-text [data-i]').count(), 4_096);
  assert.equal(await page.locator('.segment-text').textContent(), words);
  assert.deepEqual(await complaints(), []);
  await close();
});
