import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { aggregateSchema } from './aggregate-schema.ts';
import { DetectorError } from './detector-error.ts';

/** Version of the featureset's layout that this code reads. */
export const FORMAT = 2;

const FILES = [
  'reader.onnx',
  'encode.onnx',
  'tokenizer.bin',
  'token-table.bin',
  'dictionary.bin',
  'probes.bin',
  'concepts.json',
  'calibration.bin',
  'features.jsonl',
] as const;

/** A file that every featureset has. */
export type FileName = (typeof FILES)[number];

const count = z.int().positive();
const fileEntry = z.strictObject({
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  name: z.string().min(1),
  version: z.string().min(1),
  reader: z.strictObject({
    source: z.string(),
    hookLayer: count,
    dModel: count.multipleOf(32),
    heads: count,
    vocabulary: count,
  }),
  window: z.strictObject({ tokens: count, prefix: count, overlap: count }),
  prefixes: z.strictObject({
    system: z.array(z.int().nonnegative()),
    user: z.array(z.int().nonnegative()),
    assistant: z.array(z.int().nonnegative()),
    tool: z.array(z.int().nonnegative()),
  }),
  dictionary: z.strictObject({ features: count, activation: z.literal('jumprelu') }),
  probes: z.array(z.string()),
  /** How readings of concepts make up the score of harm of any kind: `value` is the strongest of their rarities that a
   *  `rate` of ordinary segments reach, in ascending order. */
  any: z
    .strictObject({
      readings: z.array(z.strictObject({ concept: z.string(), aggregate: aggregateSchema })).min(1),
      curve: z.array(z.strictObject({ value: z.number(), rate: z.number().positive().max(1) })).min(2),
      segments: count,
    })
    .nullable(),
  /** Figures of the training, for the model card. */
  training: z.record(z.string(), z.unknown()).nullable(),
  files: z.strictObject(
    Object.fromEntries(FILES.map((name) => [name, fileEntry])) as Record<FileName, typeof fileEntry>,
  ),
});

/** What `manifest.json` says: sizes, windows, and the digest of every file. */
export type Manifest = z.infer<typeof manifestSchema>;

/** A model folder whose every byte is what its manifest promises. */
export interface ModelFiles {
  readonly manifest: Manifest;
  /** sha256 of manifest.json, in hexadecimal. */
  readonly digest: string;
  /** The files' bytes, in memory that threads share. */
  readonly files: Readonly<Record<FileName, Uint8Array<SharedArrayBuffer>>>;
}

/** Reads a model folder and checks every file's length and sha256 against the manifest.
 *  @throws {DetectorError} MANIFEST_MISSING, MANIFEST_INVALID, FORMAT_UNKNOWN, FILE_MISSING, FILE_TRUNCATED,
 *  DIGEST_MISMATCH, SHAPE_MISMATCH */
export async function readModelFiles(folder: string): Promise<ModelFiles> {
  const path = join(folder, 'manifest.json');
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DetectorError('MANIFEST_MISSING', `${path}: cannot be read (${reason(cause)})`, { cause });
  });
  const manifest = parseManifest(path, bytes.toString('utf8'));
  checkShapes(path, manifest);
  const read = await Promise.all(
    FILES.map(async (name) => [name, await readChecked(join(folder, name), manifest.files[name])] as const),
  );
  return { manifest, digest: sha256(bytes), files: Object.fromEntries(read) as ModelFiles['files'] };
}

function parseManifest(path: string, text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DetectorError('MANIFEST_INVALID', `${path}: is not JSON (${reason(cause)})`, { cause });
  }
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (format !== FORMAT) {
    const message = `${path}: format is ${JSON.stringify(format)}, this version reads ${FORMAT}`;
    throw new DetectorError('FORMAT_UNKNOWN', message, {
      fields: { expected: FORMAT, found: String(format) },
    });
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new DetectorError('MANIFEST_INVALID', `${path}: ${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}

function checkShapes(path: string, { reader, dictionary, probes, window, prefixes, files }: Manifest): void {
  const { dModel } = reader;
  const expected: Partial<Record<FileName, number>> = {
    'token-table.bin': reader.vocabulary * (dModel / 32) * 18,
    'dictionary.bin': dictionary.features * (dModel * 4 + 8) + dModel * 4,
    'probes.bin': probes.length * (dModel + 1) * 4,
  };
  for (const [name, bytes] of Object.entries(expected)) {
    const found = files[name as FileName].bytes;
    if (found === bytes) continue;
    const message = `${path}: ${name} has ${found} bytes, its shape asks for ${bytes}`;
    throw new DetectorError('SHAPE_MISMATCH', message, { fields: { file: name, expected: bytes, found } });
  }
  const wrong = Object.entries(prefixes).find(([, ids]) => ids.length !== window.prefix);
  if (wrong === undefined && window.tokens > window.prefix + window.overlap) return;
  throw new DetectorError('SHAPE_MISMATCH', `${path}: prefixes and windows do not fit each other`);
}

async function readChecked(path: string, entry: { bytes: number; sha256: string }) {
  const file = await open(path).catch((cause: unknown) => {
    throw new DetectorError('FILE_MISSING', `${path}: cannot be opened (${reason(cause)})`, { cause });
  });
  try {
    const { size } = await file.stat();
    if (size !== entry.bytes) {
      const message = `${path}: ${entry.bytes} bytes expected, ${size} found`;
      throw new DetectorError('FILE_TRUNCATED', message, { fields: { expected: entry.bytes, found: size } });
    }
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0)
        throw new DetectorError('FILE_TRUNCATED', `${path}: ends at byte ${at} of ${size}`);
      at += bytesRead;
    }
    const found = sha256(bytes);
    if (found === entry.sha256) return bytes;
    throw new DetectorError('DIGEST_MISMATCH', `${path}: sha256 ${entry.sha256} expected, ${found} found`, {
      fields: { expected: entry.sha256, found },
    });
  } finally {
    await file.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
