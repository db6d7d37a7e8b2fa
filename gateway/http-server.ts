import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Config } from './config/schema.ts';
import type { OwnAnswer } from './dialects/dialect.ts';
import type { VoiceOf } from './dialects/nearest-voice.ts';
import { GatewayError } from './gateway-error.ts';

/** A server that listens. */
export interface HttpServer {
  /** `http://host:port`, with the port that was taken. */
  readonly url: string;
  /** Takes no more connections, and leaves those that are there to end by themselves; resolves when none is left. */
  handOver(): Promise<void>;
  /** Takes no more connections and ends those that are left. */
  close(): Promise<void>;
}

export interface HttpServerParts {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly handler: RequestListener;
  readonly settings?: Config['server'];
  /** How a request is answered that is not even HTTP. */
  readonly voiceOf?: VoiceOf;
}

/** @throws {GatewayError} START_FAILED when the address cannot be had */
export async function listen(parts: HttpServerParts): Promise<HttpServer> {
  const { name, host, port, handler, settings } = parts;
  const server = createServer(
    {
      maxHeaderSize: settings?.max_header_bytes ?? 16_384,
      requestTimeout: 0,
      // The gateway answers a request without a host itself, in a dialect's form.
      requireHostHeader: settings === undefined,
    },
    handler,
  );
  if (settings !== undefined) {
    // Node drops what is above without a word; one more than allowed lets the handler see it.
    server.maxHeadersCount = settings.max_headers + 1;
    server.on('checkExpectation', handler);
  }
  if (parts.voiceOf !== undefined) answerBrokenRequests(server, parts.voiceOf);
  try {
    await once(server.listen({ port, host, reusePort: settings?.reuse_port ?? false }), 'listening');
  } catch (cause) {
    const message = `${name} cannot listen on ${host}:${port}: ${(cause as Error).message}`;
    throw new GatewayError('START_FAILED', message, { fields: { host, port }, cause });
  }
  const { port: taken } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async handOver() {
      // What waits to be accepted when the socket closes is lost, so it closes right after the loop has looked for
      // connections: the first turn may be over as far as that goes.
      await setImmediate();
      await setImmediate();
      // An HTTP server's own close ends idle connections, on which a request may be on its way.
      NetServer.prototype.close.call(server);
      await closed;
    },
    async close() {
      if (server.listening) server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const STATUSES: Readonly<Record<string, [status: number, text: string, code: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'headers_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'request_timeout'],
};

/** What Node tells of such a request; the packet is the one that broke it, seldom not the first. */
type BrokenRequest = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

const REQUEST_LINE_BYTES = 4_096;

/** The path that was asked for, as far as it can be told. */
function targetOf({ rawPacket }: BrokenRequest): string {
  const line = rawPacket?.toString('latin1', 0, REQUEST_LINE_BYTES) ?? '';
  return /^[A-Z]+ (\/\S*)/.exec(line)?.[1] ?? '/';
}

/** What Node's parser refuses never becomes an exchange; it still gets an id and the form of a dialect. */
function answerBrokenRequests(server: Server, voiceOf: VoiceOf): void {
  server.on('clientError', (error: BrokenRequest, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, text, code] = STATUSES[error.code ?? ''] ?? [400, 'Bad Request', 'bad_http'];
    const message = `the request is not HTTP that this gateway reads: ${error.code ?? error.message}`;
    socket.end(answerText(text, voiceOf(targetOf(error)).error({ status, code, message, at: null }), status));
  });
  // Node's own answer would be to close the connection.
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    const message = `CONNECT ${(request.url ?? '').slice(0, 100)} asks for a forward proxy, which this is not`;
    const answer = voiceOf('/').error({ status: 400, code: 'bad_target', message, at: null });
    socket.on('error', () => socket.destroy());
    socket.end(answerText('Bad Request', answer, 400));
  });
}

function answerText(reason: string, { contentType, body }: OwnAnswer, status: number): string {
  return [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-telltale-exchange-id: ${randomUUID()}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
