import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './browser.ts';

const PAGE = `<!doctype html><title>loopback</title><button>press</button><p></p>
<script>document.querySelector('button').onclick = () => { document.querySelector('p').textContent = 'pressed'; };</script>`;

let browser: Browser | undefined;
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
});
after(async () => {
  await browser?.close();
  server.close();
});

test('a page served on loopback is opened, clicked and read', async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  browser = await launchBrowser();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  assert.equal(await page.title(), 'loopback');
  await page.getByRole('button').click();
  assert.equal(await page.locator('p').textContent(), 'pressed');
});
