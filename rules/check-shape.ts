import type { z } from 'zod';
import { createRuleJsonSchema, followed, type JsonSchema, schemaAt } from './json-schema.ts';
import { didYouMean } from './nearest.ts';
import { createProblem, showValue } from './problem.ts';
import type { RuleDocument } from './read-document.ts';
import { type RuleFile, ruleFileSchema } from './schema.ts';
import type { ShapedFile } from './scope.ts';
import { soundParts } from './sound-parts.ts';
import type { RuleProblem } from './types.ts';

export type ShapeResult =
  | { readonly ok: true; readonly file: RuleFile }
  | {
      readonly ok: false;
      readonly problems: readonly RuleProblem[];
      /** What is right of the file beside them. */
      readonly sound: ShapedFile | undefined;
      /** Rules that have not the form of one, and are not broken by a fault of syntax: their place in the list. */
      readonly formless: readonly number[];
    };

type Path = readonly PropertyKey[];

const MAX_PROBLEMS = 100;
/** Of YAML 1.1. */
const MERGE_KEY = '<<';

/** Holds a document against the schema of rule files: all problems, each at its value or key.
 *  @param broken - what faults of syntax have broken, where there are any: nothing is said of these parts */
export function checkShape(document: RuleDocument, broken: readonly Path[] = []): ShapeResult {
  const result = ruleFileSchema.safeParse(document.data);
  if (result.success && broken.length === 0) return { ok: true, file: result.data };
  const schema = createRuleJsonSchema();
  const { issues } = result.error ?? { issues: [] };
  const told = broken.length === 0 ? issues : issues.filter(({ path }) => isWhole(path, document, broken));
  const problems = withoutFollowing(told).flatMap((issue) => describeIssue(issue, document, schema));
  const sound = soundParts(document, [...issues.map(({ path }) => path), ...broken]);
  const inRules = told.flatMap(({ path: [part, i] }) =>
    part === 'rules' && typeof i === 'number' ? [i] : [],
  );
  const formless = [...new Set(inRules)];
  const rest = problems.length - MAX_PROBLEMS;
  if (rest <= 0) return { ok: false, problems, sound, formless };
  const more = createProblem(document.source, 0, `${rest} more problems in this file`);
  return { ok: false, problems: [...problems.slice(0, MAX_PROBLEMS), more], sound, formless };
}

/** Whether what stands at a path is as it was written. Of the file itself that is not known: what is missing there may have
 *  been swallowed by what is broken. */
function isWhole(path: Path, { data }: RuleDocument, broken: readonly Path[]): boolean {
  if (path.length === 0 || (path.length === 1 && !valueAt(data, path).isPresent)) return false;
  return !broken.some((one) => [...one.keys()].every((i) => i >= path.length || one[i] === path[i]));
}

/** Of a mapping with an unknown key it is not said as well which key is missing: it may be that one. */
function withoutFollowing(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const placeOf = ({ path }: z.core.$ZodIssue) => JSON.stringify(path);
  const unknown = new Set(issues.filter(({ code }) => code === 'unrecognized_keys').map(placeOf));
  return issues.filter((issue) => issue.code !== 'custom' || !unknown.has(placeOf(issue)));
}

function describeIssue(issue: z.core.$ZodIssue, document: RuleDocument, schema: JsonSchema): RuleProblem[] {
  if (issue.code === 'invalid_union') {
    const inner = meantBranch(issue);
    if (inner !== undefined) return inner.flatMap((one) => describeIssue(one, document, schema));
  }
  const { path } = issue;
  const at = (offset: number, message: string) => createProblem(document.source, offset, message);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(propertiesAt(schema, path));
    const above = Object.keys(propertiesAt(schema, path.slice(0, -1)));
    return issue.keys.map((key) =>
      at(document.offsetOf([...path, key], true), unknownKey(key, { path, known, above })),
    );
  }
  const { isPresent, value } = valueAt(document.data, path);
  const key = path.at(-1);
  const isMissing = !isPresent && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  if (isMissing && key !== undefined) {
    return [
      at(document.offsetOf(path.slice(0, -1)), `missing key "${String(key)}"${inside(path.slice(0, -1))}`),
    ];
  }
  if (issue.code === 'invalid_key') {
    const reasons = issue.issues.map((inner) => inner.message).join('; ');
    const message = key === MERGE_KEY ? noMergeKeys(path.slice(0, -1)) : `${nameOf(path)}: ${reasons}`;
    return [at(document.offsetOf(path, true), message)];
  }
  // That keys do not go together is said of the mapping as a whole.
  const isShown = isPresent && !(issue.code === 'custom' && typeof value === 'object');
  const shown = isShown ? `, it is ${showValue(value)}` : '';
  return [at(document.offsetOf(path), `${nameOf(path)} ${expectation(issue)}${shown}${meant(issue, value)}`)];
}

function propertiesAt(
  schema: JsonSchema,
  path: readonly PropertyKey[],
): Readonly<Record<string, JsonSchema>> {
  const found = schemaAt(schema, path);
  const branches = (found?.anyOf ?? []).map((branch) => followed(schema, branch));
  return found?.properties ?? branches.find(({ properties }) => properties !== undefined)?.properties ?? {};
}

/** The issues of the one branch whose type the value has, with their whole paths; undefined where no branch is meant. */
function meantBranch({ path, errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const isOfType = (issues: readonly z.core.$ZodIssue[]) =>
    !issues.some(
      (one) => one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_union'),
    );
  const [meant, ...others] = errors.filter(isOfType);
  if (meant === undefined || others.length > 0) return undefined;
  return meant.map((one) => ({ ...one, path: [...path, ...one.path] }));
}

interface KeyPlace {
  readonly path: readonly PropertyKey[];
  readonly known: readonly string[];
  /** The keys of the mapping around it. */
  readonly above: readonly string[];
}

function unknownKey(key: string, { path, known, above }: KeyPlace): string {
  if (key === MERGE_KEY) return noMergeKeys(path);
  const isMisplaced = above.includes(key) && typeof path.at(-1) === 'string';
  const elsewhere = isMisplaced ? `; it goes a level up, beside ${String(path.at(-1))}` : '';
  const near = elsewhere || didYouMean(key, known) || `; known are ${known.join(', ')}`;
  return `unknown key ${showValue(key)}${inside(path)}${near}`;
}

function noMergeKeys(path: readonly PropertyKey[]): string {
  return `merge keys are not supported${inside(path)}; write the keys out`;
}

function meant(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return '';
  return didYouMean(value, issue.values.map(String));
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      if (allowed.length === 1) return issue.message;
      return `must be one of ${allowed.join(', ')}`;
    }
    case 'invalid_type':
      if (!issue.message.startsWith('Invalid input')) return issue.message;
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `must ${issue.origin === 'string' || issue.origin === 'array' ? 'not be empty' : `be at least ${issue.minimum}`}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
};

function valueAt(data: unknown, path: readonly PropertyKey[]) {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      return { isPresent: false, value: undefined };
    }
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return { isPresent: true, value };
}

function nameOf(path: readonly PropertyKey[]): string {
  const words = path.filter((key) => typeof key !== 'number').map(String);
  return words.length === 0
    ? 'the file'
    : words
        .slice(-2)
        .join('.')
        .replace(/^rules\./, '');
}

function inside(path: readonly PropertyKey[]): string {
  const name = nameOf(path);
  if (name === 'the file') return '';
  return typeof path.at(-1) === 'number' ? ` in ${name}[${String(path.at(-1))}]` : ` in ${name}`;
}
