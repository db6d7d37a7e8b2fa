import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/** A socket factory for kafkajs whose sockets can all be ended at once, and that makes none after that. kafkajs itself
 *  waits for answers that may never come before it closes a connection. */
export interface ClosableSockets {
  readonly factory: ISocketFactory;
  destroy(): void;
}

const KEEP_ALIVE_MS = 60_000;

/** No socket is open yet. */
export function createClosableSockets(): ClosableSockets {
  const sockets = new Set<Socket>();
  let isDestroyed = false;

  const factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (isDestroyed) throw new Error('this connection was given up');
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl
      ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    sockets.add(socket);
    // kafkajs takes its listeners away when it disconnects, and an error may come after that.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const destroy = (): void => {
    isDestroyed = true;
    // With an error, since kafkajs rejects what waits for an answer at an error and not at a close.
    for (const socket of sockets) socket.destroy(new Error('this connection was given up'));
  };
  return { factory, destroy };
}
