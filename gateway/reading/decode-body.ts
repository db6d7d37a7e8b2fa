import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
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
  if (open !== undefined) return createInflating(open(), limits);
  return createFailed({ reason: 'unknown_encoding', message: `content-encoding ${name} is not read` });
}

// Flushing after each piece: a stream's events are to be read when they come, not when a block is full.
const DECODERS: Readonly<Record<string, () => Transform>> = {
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
      inner ??= createInflating(
        ((chunk[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw(),
        limits,
      );
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

function createInflating(transform: Transform, limits: DecodeLimits): BodyDecoder {
  const tally = { encoded: 0, decoded: 0 };
  let failure: DecodeFailure | null = null;
  const fail = (reason: DecodeFailure['reason'], message: string) => {
    failure ??= { reason, message };
    transform.destroy();
  };
  transform.on('error', (error) => fail('unknown_encoding', `the encoded body is broken: ${error.message}`));

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

  return {
    isIdentity: false,
    failure: () => failure,
    async push(chunk) {
      tally.encoded += chunk.length;
      if (failure !== null || chunk.length === 0) return EMPTY;
      return gather((done) => transform.write(chunk, () => done()));
    },
    async end() {
      if (failure !== null) return EMPTY;
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
