import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { pathToFileURL } from 'node:url';
import { reportToDriver, settings } from './report-to-driver.ts';

const { upstream } = settings<{ upstream: string }>();

/** Portkey's gateway as its own command starts it, without its page. It listens on a port that was free a moment ago. */
const port = await freePort();
process.argv.push(`--port=${port}`, '--headless');
console.log = () => {};
await import(
  pathToFileURL(
    createRequire(`${import.meta.dirname}/portkey/`).resolve('@portkey-ai/gateway/build/start-server.js'),
  ).href
);
const url = `http://127.0.0.1:${port}`;
await answers(`${url}/`);
reportToDriver(url, {
  headers: {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstream}/v1`,
    authorization: 'Bearer bench',
  },
});

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: free } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return free;
}

async function answers(address: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const isThere = await fetch(address).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers on ${address}`);
}
