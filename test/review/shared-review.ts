import { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../services/browser.ts';
import { type StartedReview, startReview } from './start.ts';

/** A browser and a review page that all tests of a file share; a file runs in a process of its own. */
export let browser: Browser;
export let review: StartedReview;

before(async () => {
  [browser, review] = await Promise.all([launchBrowser(), startReview()]);
});

after(async () => {
  await browser?.close();
  await review?.close();
});
