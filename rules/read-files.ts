import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MAX_BYTES } from './document-limits.ts';
import type { SourceText } from './problem.ts';
import { readBounded } from './read-bounded.ts';
import type { RuleProblem } from './types.ts';

/** What could be read, and what could not. */
export interface ReadFiles {
  readonly sources: readonly SourceText[];
  /** Files of learned calibrations, which stand beside the rules; none by default. */
  readonly calibrations?: readonly SourceText[];
  readonly problems: readonly RuleProblem[];
}

type Found<T> = { readonly value: T } | { readonly problem: RuleProblem };

const MAX_FILES = 1000;
const SAVE_AS_UTF8 = 'save the file as UTF-8, or write the character anew';
/** Files that never rest are not read for ever. */
const MAX_ATTEMPTS = 8;
const MAX_CALIBRATION_BYTES = 16 * 1024 * 1024;

/** What the name of a learned calibration ends with. */
export const CALIBRATION_SUFFIX = '.calibration.json';

/** Texts of the rule files under the paths, in the order of their names, all as they were at one moment: what is swapped
 *  or written meanwhile is read again. UTF-8 is checked. */
export async function readRuleFiles(paths: readonly string[]): Promise<ReadFiles> {
  let before = await identityOf(paths);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const files = await readOnce(paths);
    const after = await identityOf(paths);
    if (after === before) return files;
    before = after;
  }
  const message = `the files changed each of the ${MAX_ATTEMPTS} times that they were read`;
  return { sources: [], calibrations: [], problems: [fileProblem(paths.join(', '), message)] };
}

/** Which files there are, where links lead, and in which state the files are. */
async function identityOf(paths: readonly string[]): Promise<string> {
  const names = valuesOf(await Promise.all(paths.map((path) => findFiles(path)))).flat();
  const states = names.slice(0, MAX_FILES + 1).map(async (name) => {
    try {
      const [place, status] = await Promise.all([realpath(name), stat(name, { bigint: true })]);
      const { ino, size, mtimeNs, ctimeNs } = status;
      // To read a pipe changes it, and once is all that it can be read.
      return status.isFile() ? [name, place, ino, size, mtimeNs, ctimeNs].join('|') : `${name}|${ino}`;
    } catch {
      return `${name}|gone`;
    }
  });
  return (await Promise.all(states)).sort().join('\n');
}

async function readOnce(paths: readonly string[]): Promise<ReadFiles> {
  const found = await Promise.all(paths.map((path) => findFiles(path)));
  const names = onceEach(valuesOf(found).flat()).sort();
  if (names.length > MAX_FILES) {
    const message = `${names.length} rule files, more than ${MAX_FILES}; name the folder of the rules alone, or join some`;
    const problem = fileProblem(paths.join(', '), message);
    return { sources: [], calibrations: [], problems: [problem] };
  }
  const given = new Set(paths);
  const texts = await Promise.all(names.map((name) => readText(name, given.has(name))));
  const problems = [...problemsOf(found), ...problemsOf(texts)];
  const read = valuesOf(texts);
  const sources = read.filter(({ file }) => !isCalibration(file));
  if (sources.length === 0 && problems.length === 0) {
    problems.push(fileProblem(paths.join(', '), 'no rule file (*.yaml, *.yml) here'));
  }
  return { sources, calibrations: read.filter(({ file }) => isCalibration(file)), problems };
}

/** Each file once, however its path is written. */
function onceEach(names: readonly string[]): string[] {
  const byPlace = new Map(names.map((name) => [resolve(name), name] as const).reverse());
  return [...byPlace.values()];
}

function isCalibration(file: string): boolean {
  return file.endsWith(CALIBRATION_SUFFIX);
}

/** Rule files under a path: itself, or the files of the directory and its subdirectories. Names that begin
 *  with a dot are passed over: a mounted ConfigMap keeps its older versions there. */
async function findFiles(path: string, above: readonly string[] = []): Promise<Found<string[]>> {
  try {
    if (!(await stat(path)).isDirectory()) return { value: [path] };
    const place = await realpath(path);
    if (above.includes(place)) {
      return { problem: fileProblem(path, `a link back to ${place}, which holds it; remove it`) };
    }
    const entries = (await readdir(path)).filter((name) => !name.startsWith('.'));
    const within = [...above, place];
    const parts = await Promise.all(entries.map((name) => findInDirectory(join(path, name), within)));
    const [problem] = problemsOf(parts);
    return problem === undefined ? { value: valuesOf(parts).flat() } : { problem };
  } catch (error) {
    return { problem: fileProblem(path, `cannot be read: ${reasonOf(error)}`) };
  }
}

async function findInDirectory(path: string, above: readonly string[]): Promise<Found<string[]>> {
  if (/\.ya?ml$/.test(path) || isCalibration(path)) return findFiles(path, above);
  const isDirectory = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  return isDirectory ? findFiles(path, above) : { value: [] };
}

async function readText(file: string, isGiven: boolean): Promise<Found<SourceText>> {
  try {
    const maxBytes = isCalibration(file) ? MAX_CALIBRATION_BYTES : MAX_BYTES;
    const read = await readBounded(file, { maxBytes, takesPipes: isGiven });
    return 'refused' in read ? { problem: fileProblem(file, read.refused) } : decode(file, read.bytes);
  } catch (error) {
    return { problem: fileProblem(file, `cannot be read: ${reasonOf(error)}`) };
  }
}

function decode(file: string, bytes: Buffer): Found<SourceText> {
  const text = bytes.toString('utf8');
  const encoded = Buffer.from(text, 'utf8');
  if (encoded.equals(bytes)) return { value: { file, text } };
  const length = Math.max(encoded.length, bytes.length);
  let offset = 0;
  while (offset < length && encoded[offset] === bytes[offset]) offset += 1;
  const lines = bytes.subarray(0, offset).toString('utf8').split('\n');
  const sourceLine = text.split('\n')[lines.length - 1] ?? '';
  const shown = `0x${(bytes[offset] ?? 0).toString(16).padStart(2, '0')}`;
  const column = (lines.at(-1)?.length ?? 0) + 1;
  const problem = {
    ...fileProblem(file, `byte ${shown} is not UTF-8; ${SAVE_AS_UTF8}`),
    line: lines.length,
    column,
    sourceLine,
  };
  return { problem };
}

function valuesOf<T>(found: readonly Found<T>[]): T[] {
  return found.flatMap((part) => ('value' in part ? [part.value] : []));
}

function problemsOf(found: readonly Found<unknown>[]): RuleProblem[] {
  return found.flatMap((part) => ('problem' in part ? [part.problem] : []));
}

function fileProblem(file: string, message: string): RuleProblem {
  return { file, line: 1, column: 1, message, severity: 'error', sourceLine: '' };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
