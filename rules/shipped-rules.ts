import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkShape } from './check-shape.ts';
import { formatProblems } from './format-problems.ts';
import { readDocument } from './read-document.ts';
import { RulesError } from './rules-error.ts';
import type { RuleDefinition } from './schema.ts';

/** Folder of the rules that come with Telltale. */
export const SHIPPED_FOLDER = join(import.meta.dirname, 'shipped');

/** The rules that come with Telltale, as they are written, in the order of their files.
 *  @throws {RulesError} SHIPPED_BROKEN naming every problem */
export function readShippedRules(): readonly RuleDefinition[] {
  const files = readdirSync(SHIPPED_FOLDER).filter((name) => name.endsWith('.yaml'));
  return files.sort().flatMap((name) => {
    const file = join(SHIPPED_FOLDER, name);
    const read = readDocument({ file, text: readFileSync(file, 'utf8') });
    const shape = read.ok ? checkShape(read.document) : read;
    if (!shape.ok) throw new RulesError('SHIPPED_BROKEN', formatProblems(shape.problems));
    return shape.file.rules ?? [];
  });
}

/** sha256 over what decides whether a rule fires, in hexadecimal: words, tests and mode change nothing. */
export function decidingDigest({ target, detection, condition, exceptions }: RuleDefinition): string {
  const decides = JSON.stringify([target, detection, condition, exceptions]);
  return createHash('sha256').update(decides).digest('hex');
}
