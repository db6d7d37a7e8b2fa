import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A proxy between a client and a server that can be slow, silent or gone. */
export interface TcpProxy {
  readonly port: number;
  /** Every piece waits so long on its way; 0 is at once. */
  delay(ms: number): void;
  /** Ends every connection; new ones are taken. */
  cut(): void;
  /** Takes connections and lets nothing through, until it is told otherwise. */
  setSilent(isSilent: boolean): void;
  close(): Promise<void>;
}

const LOOK_MS = 20;

/** @param target - the port on loopback that it leads to
 *  @param port - 0 takes any */
export async function startTcpProxy(target: () => number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const state = { delayMs: 0, isSilent: false };

  const slow = () =>
    new Transform({
      transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
        pass(state).then(() => done(null, chunk), done);
      },
    });
  const server = createServer((client) => {
    const upstream = connect(target(), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    const there = pipeline(client, slow(), upstream);
    const back = pipeline(upstream, slow(), client);
    // A side that is gone ends the other.
    for (const way of [there, back]) {
      way.catch(() => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    delay(ms) {
      state.delayMs = ms;
    },
    cut,
    setSilent(isSilent) {
      state.isSilent = isSilent;
    },
    async close() {
      server.close();
      state.isSilent = false;
      cut();
    },
  };
}

async function pass(state: { readonly delayMs: number; readonly isSilent: boolean }): Promise<void> {
  if (state.delayMs > 0) await sleep(state.delayMs);
  while (state.isSilent) await sleep(LOOK_MS);
}
