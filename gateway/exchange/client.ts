import { once } from 'node:events';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { OwnAnswer } from '../dialects/dialect.ts';

/** The client's side of an answer. Headers go out with the first byte or with `begin`. */
export interface Client {
  hasBegun(): boolean;
  /** The head leaves with the bytes that are written in this turn of the event loop, or after it without. */
  begin(head: Head): void;
  /** Called in the turn of `begin` or later: the head, where it has not left, waits for the first bytes. */
  holdHead(): void;
  /** Waits while the client does not read. False: the client is gone. */
  write(bytes: Buffer): Promise<boolean>;
  /** Goes out after the last byte of an answer in chunks. */
  addTrailers(trailers: Readonly<Record<string, string>>): void;
  /** The last bytes of an answer: as `write`, and then its end. */
  finish(pieces: readonly Buffer[]): Promise<void>;
  /** Says something before the answer: 102, 103. */
  inform(status: number, headers: readonly string[]): void;
  /** A whole answer of the gateway's own making. */
  send(head: Head, answer: OwnAnswer): void;
  /** Ends the connection in a way that no client takes for the end of an answer; the last words go out before. */
  breakOff(lastWords: string): Promise<void>;
}

export interface Head {
  readonly status: number;
  readonly statusText?: string;
  /** [name, value, name, value, …] */
  readonly headers: readonly string[];
}

/** What goes out of an answer to one client. */
export interface ClientParts {
  readonly response: ServerResponse;
  /** Told in every answer. */
  readonly exchangeId: string;
  /** A client that reads nothing for so long counts as gone. */
  readonly stallMs: number;
  /** The first byte leaves. */
  readonly onBegin: () => void;
}

/** Of an answer's last bytes no more than these go out with its end, without a look whether the client reads. */
const MAX_LAST_BYTES = 16 * 1024;

/** How long bytes that were written may take to leave before the connection is broken off. */
const FLUSH_MS = 1_000;

export function createClient({ response, exchangeId, stallMs, onBegin }: ClientParts): Client {
  let flushing: NodeJS.Immediate | undefined;
  let hasLeft = false;
  const leave = () => {
    clearImmediate(flushing);
    if (!hasLeft) onBegin();
    hasLeft = true;
  };
  const begin = ({ status, statusText, headers }: Head) => {
    const all = ['x-telltale-exchange-id', exchangeId, ...headers];
    if (statusText !== undefined && canBeWritten(statusText)) response.writeHead(status, statusText, all);
    else response.writeHead(status, all);
  };
  const write = async (bytes: Buffer): Promise<boolean> => {
    if (response.destroyed) return false;
    leave();
    if (response.write(bytes)) return true;
    return waitForDrain(response, stallMs);
  };
  return {
    hasBegun: () => response.headersSent,
    begin(head) {
      begin(head);
      flushing = setImmediate(() => {
        if (response.destroyed) return;
        leave();
        response.flushHeaders();
      });
    },
    holdHead: () => clearImmediate(flushing),
    write,
    addTrailers: (trailers) => {
      if (Object.keys(trailers).length > 0) response.addTrailers(trailers);
    },
    async finish(pieces) {
      const last = pieces.at(-1);
      const isSmall = last !== undefined && last.length <= MAX_LAST_BYTES;
      for (const piece of isSmall ? pieces.slice(0, -1) : pieces) if (!(await write(piece))) return;
      leave();
      response.end(isSmall ? last : undefined);
    },
    inform(status, headers) {
      if (response.headersSent || response.req.httpVersion !== '1.1') return;
      let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Information'}\r\n`;
      for (let index = 0; index < headers.length; index += 2) {
        head += `${headers[index]}: ${headers[index + 1]}\r\n`;
      }
      // Node's own ways know two of these and change their headers; without a socket it is another answer's turn.
      response.socket?.write(`${head}\r\n`, 'latin1');
    },
    send({ status, headers }, { contentType, body }) {
      if (response.destroyed) return;
      const bytes = Buffer.from(body);
      const own = ['content-type', contentType, 'content-length', String(bytes.length)];
      begin({ status, headers: [...headers, ...own] });
      leave();
      response.end(bytes);
    },
    async breakOff(lastWords) {
      clearImmediate(flushing);
      if (response.destroyed) return;
      if (response.headersSent && lastWords !== '') await flush(response, lastWords);
      response.destroy();
    },
  };
}

/** Upstreams put any bytes into a status line, Node takes what RFC 9112 allows; without one the status's own name goes
 *  out, which clients ignore all the same. */
function canBeWritten(statusText: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(statusText);
}

async function flush(response: ServerResponse, text: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    new Promise((resolve) => response.write(text, resolve)),
    new Promise((resolve) => {
      timer = setTimeout(resolve, FLUSH_MS);
    }),
  ]);
  clearTimeout(timer);
}

async function waitForDrain(response: ServerResponse, timeoutMs: number): Promise<boolean> {
  const deadline = new AbortController();
  const { signal } = deadline;
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    return await Promise.race([
      once(response, 'drain', { signal }).then(() => true),
      once(response, 'close', { signal }).then(() => false),
    ]);
  } catch {
    response.destroy();
    return false;
  } finally {
    clearTimeout(timer);
    deadline.abort();
  }
}
