import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page whose complaints are kept: console errors, exceptions and violations of the Content-Security-Policy. */
export interface WatchedPage {
  readonly page: Page;
  complaints(): Promise<string[]>;
  close(): Promise<void>;
}

const WATCH = `
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) =>
    window.violations.push(event.violatedDirective + ' ' + event.blockedURI));`;

/** Opens an address in a context of its own, and waits until the list is read and new items arrive by themselves. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  // Colours are looked at as they are in the end, and not on their way there.
  const still = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' } as const;
  const context = await browser.newContext({ ...still, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const messages: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') messages.push(message.text());
  });
  page.on('pageerror', (error) => messages.push(error.message));
  await page.addInitScript(WATCH);
  await page.goto(url);
  await page.locator('.live.is-live').waitFor();
  const complaints = async () => [...messages, ...((await page.evaluate('window.violations')) as string[])];
  return { page, complaints, close: () => context.close() };
}

/** Leaves the tab and comes back to it, after which the page reads again what is shown. */
export async function comeBack(page: Page): Promise<void> {
  for (const isHidden of [true, false]) {
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));`);
  }
}
