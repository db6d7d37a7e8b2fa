import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportToDriver } from './report-to-driver.ts';

/** Takes whatever is exported and looks at none of it. */
const server = createServer(async (request, response) => {
  for await (const _ of request);
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
});
await once(server.listen(0, '127.0.0.1'), 'listening');
reportToDriver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
