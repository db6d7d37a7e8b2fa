import { createHash, type Hash, randomBytes } from 'node:crypto';

/** Digests of texts and of windows: equal for what is equal, and under a salt of this process's own, so that nobody who
 *  sees one can try out which text it is of. */
export interface Digests {
  /** @param kind - what the digest is of; different kinds are never equal */
  open(kind: string): OpenDigest;
}

/** A digest of what is added; how a text was cut changes nothing. */
export interface OpenDigest {
  addText(text: string): void;
  addNumbers(values: Int32Array): void;
  end(): string;
}

export function createDigests(): Digests {
  const salt = randomBytes(32);
  return { open: (kind) => opened(createHash('sha256').update(salt).update(`${kind.length}:${kind}`)) };
}

function opened(hash: Hash): OpenDigest {
  return {
    // UTF-16 as it is: in UTF-8 all halves of surrogate pairs would be one.
    addText: (text) => void hash.update(text, 'utf16le'),
    addNumbers: (values) =>
      void hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    end: () => hash.digest('binary'),
  };
}
