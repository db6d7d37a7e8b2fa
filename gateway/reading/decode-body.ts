import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type Zlib,
} from 'node:zlib';
import { drainDuring } from './drain.ts';

/** Why a body's bytes could not be turned into text. */
export interface DecodeFailure {
  readonly reason: 'unknown_encoding' | 'over_cap';
  readonly message: string;
}

/** Decodes one body aside from its way. After a failure it gives nothing more. */
export interface BodyDecoder {
  /** Whether decoded bytes stand at the same offsets as the bytes that came. */
  readonly isIdentity: boolean;
  failure(): DecodeFailure | null;
  push(chunk: Buffer): Promise<Buffer>;
  end(): Promise<Buffer>;
  close(): void;
}

export interface DecodeLimits {
  readonly maxDecodedBytes: number;
  readonly maxRatio: number;
}

/** A tiny body may have any ratio: it cannot hurt. */
const RATIO_FLOOR_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** @param contentEncoding - the header's value; several encodings in one are not read */
export function createBodyDecoder(contentEncoding: string | undefined, limits: DecodeLimits): BodyDecoder {
  const name = (contentEncoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return createIdentity(limits);
  if (name === 'deflate') return createDeflate(limits);
  const open = DECODERS[name];
  if (open !== undefined) return createInflating(open, limits);
  return createFailed({ reason: 'unknown_encoding', message: `content-encoding ${name} is not read` });
}

type Inflating = Transform & Zlib;
type Open = () => Inflating;

// Flushing after each piece: a stream's events are to be read when they come, not when a block is full.
const DECODERS: Readonly<Record<string, Open>> = {
  gzip: () => createGunzip({ flush: constants.Z_SYNC_FLUSH }),
  'x-gzip': () => createGunzip({ flush: constants.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress({ flush: constants.ZSTD_e_flush }),
};

function createIdentity({ maxDecodedBytes }: DecodeLimits): BodyDecoder {
  let bytes = 0;
  let failure: DecodeFailure | null = null;
  return {
    isIdentity: true,
    failure: () => failure,
    async push(chunk) {
      bytes += chunk.length;
      if (bytes > maxDecodedBytes) failure ??= overCap(`more than ${maxDecodedBytes} bytes`);
      return failure === null ? chunk : EMPTY;
    },
    end: async () => EMPTY,
    close: () => {},
  };
}

/** `deflate` means zlib by its standard and raw deflate by many servers; the first byte tells them apart. */
function createDeflate(limits: DecodeLimits): BodyDecoder {
  let inner: BodyDecoder | null = null;
  return {
    isIdentity: false,
    failure: () => inner?.failure() ?? null,
    async push(chunk) {
      if (chunk.length === 0) return EMPTY;
      inner ??= createInflating(((chunk[0] ?? 0) & 0x0f) === 8 ? createInflate : createInflateRaw, limits);
      return inner.push(chunk);
    },
    end: async () => inner?.end() ?? EMPTY,
    close: () => inner?.close(),
  };
}

function createFailed(failure: DecodeFailure): BodyDecoder {
  return {
    isIdentity: false,
    failure: () => failure,
    push: async () => EMPTY,
    end: async () => EMPTY,
    close: () => {},
  };
}

/** So often what is encoded may end and begin again within the pieces of one body: each time costs a decoder. */
const MAX_RESTARTS = 4_096;

/** What is encoded may end before the body does. What follows is another frame, which some clients read as well, or it is
 *  nothing that this encoding knows. */
function createInflating(open: Open, limits: DecodeLimits): BodyDecoder {
  const tally = { encoded: 0, decoded: 0 };
  let failure: DecodeFailure | null = null;
  let restarts = 0;
  let transform = begin();

  function begin(): Inflating {
    const fresh = open();
    fresh.on('error', (error) => fail('unknown_encoding', `the encoded body is broken: ${error.message}`));
    return fresh;
  }

  function fail(reason: DecodeFailure['reason'], message: string): void {
    failure ??= { reason, message };
    transform.destroy();
  }

  async function gather(work: (done: () => void) => void): Promise<Buffer> {
    const parts: Buffer[] = [];
    await drainDuring(transform, work, (part) => {
      tally.decoded += part.length;
      const trouble = overLimit(tally, limits);
      if (trouble !== null) fail('over_cap', trouble);
      else parts.push(part);
      return failure === null;
    });
    return failure === null ? Buffer.concat(parts) : EMPTY;
  }

  /** @returns the bytes after the end of what is encoded */
  async function decode(chunk: Buffer, parts: Buffer[]): Promise<Buffer> {
    if (transform.readableEnded) restart();
    const before = transform.bytesWritten;
    parts.push(await gather((done) => transform.write(chunk, () => done())));
    return chunk.subarray(transform.bytesWritten - before);
  }

  function restart(): void {
    restarts += 1;
    transform.destroy();
    if (restarts > MAX_RESTARTS) fail('over_cap', `it begins anew more than ${MAX_RESTARTS} times`);
    else transform = begin();
  }

  return {
    isIdentity: false,
    failure: () => failure,
    async push(chunk) {
      tally.encoded += chunk.length;
      const parts: Buffer[] = [];
      for (let rest = chunk; rest.length > 0 && failure === null; ) {
        // Zeros after an end fill up a block.
        if (transform.readableEnded && rest.every((byte) => byte === 0)) break;
        const left = await decode(rest, parts);
        if (left.length === rest.length) restart();
        rest = left;
      }
      return failure === null ? Buffer.concat(parts) : EMPTY;
    },
    async end() {
      if (failure !== null || transform.readableEnded) return EMPTY;
      return gather((done) => {
        transform.once('end', done);
        transform.end();
      });
    },
    close: () => {
      transform.destroy();
    },
  };
}

function overLimit(tally: { encoded: number; decoded: number }, limits: DecodeLimits): string | null {
  if (tally.decoded > limits.maxDecodedBytes) return `more than ${limits.maxDecodedBytes} decoded bytes`;
  const isDense = tally.decoded > RATIO_FLOOR_BYTES && tally.decoded > tally.encoded * limits.maxRatio;
  return isDense ? `decodes to more than ${limits.maxRatio} times its size` : null;
}

function overCap(message: string): DecodeFailure {
  return { reason: 'over_cap', message };
}
