import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { leasePort } from './port-lease.ts';

/** Ports that are looked at: above the well-known services, and with the usual setting of Linux and others all below those
 *  that the system gives out. */
const FIRST = 10_000;
const LAST = 31_999;
const SPAN = LAST - FIRST + 1;

let next = Math.floor(Math.random() * SPAN);

/** Ports on loopback that nothing listens on. They are not among those that the system gives to who asks for any port, and
 *  no other process that asks here gets them while this one runs: a service may come back to its port after a stop, and a
 *  port that nothing is to listen on stays so, whatever other tests open meanwhile. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > SPAN)
      throw new Error(`only ${ports.length} of ${count} ports from ${FIRST} to ${LAST} are free`);
    const port = FIRST + next;
    next = (next + 1) % SPAN;
    if (!isGivenOut(port) && leasePort(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

/** Where nothing listens. */
export async function closedUrl(): Promise<string> {
  const [port = 0] = await freePorts(1);
  return `http://127.0.0.1:${port}`;
}

const GIVEN_OUT = readRange();

function isGivenOut(port: number): boolean {
  return port >= GIVEN_OUT.first && port <= GIVEN_OUT.last;
}

/** Elsewhere than on Linux they begin at 49,152; where hardly a port is left beside them, all are looked at. */
function readRange(): { readonly first: number; readonly last: number } {
  const none = { first: Number.POSITIVE_INFINITY, last: 0 };
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [first = 0, last = 0] = text.trim().split(/\s+/).map(Number);
    return first < FIRST + 1_000 && last > LAST - 1_000 ? none : { first, last };
  } catch {
    return none;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
