import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFeatureset } from '../detectors/index.ts';
import {
  createRuleJsonSchema,
  createSchemaText,
  followed,
  type JsonSchema,
  schemaAt,
} from './json-schema.ts';
import { readMeasuredRules } from './measured.ts';
import { BEGIN } from './reference-begin.ts';
import { CORRELATIONS } from './reference-correlations.ts';
import { COST } from './reference-cost.ts';
import { FILES } from './reference-files.ts';
import { INTRODUCTION, LANGUAGE } from './reference-language.ts';
import { RATES } from './reference-rates.ts';
import { shippedFeatureset, shippedSection } from './reference-shipped.ts';
import { TOOLS } from './reference-tools.ts';
import { VALUES } from './reference-values.ts';
import { readShippedRules } from './shipped-rules.ts';

const MODEL = join(import.meta.dirname, '../models/default');

/** The reference of the rule language in Markdown: what the schema says of every key, what the keys mean, and what the
 *  shipped rules find. */
export function createReference(root: JsonSchema = createRuleJsonSchema()): string {
  const table = (title: string, path: readonly PropertyKey[]) =>
    tableOf(root, title, mappingOf(root, schemaAt(root, path) ?? {}));
  const condition = ['rules', 0, 'detection', 'name'];
  const sections = [
    table('A file', []),
    table('A rule', ['rules', 0]),
    table('A condition', condition),
    table('A signal', [...condition, 'signal']),
    table('For', [...condition, 'for']),
    table('Then', [...condition, 'then']),
    table('An exception', ['rules', 0, 'exceptions', 0]),
    table('A test', ['rules', 0, 'tests', 0]),
    table('A finding of a test', ['rules', 0, 'tests', 0, 'events', 0]),
    table('An alert of a test', ['rules', 0, 'tests', 0, 'alerts', 0]),
    table('Alert', ['rules', 0, 'alert']),
    table('A correlation', ['correlations', 0]),
    table('How many', ['correlations', 0, 'condition']),
    table('Unless then', ['correlations', 0, 'unless_then']),
    table('A test of a correlation', ['correlations', 0, 'tests', 0]),
    table('An event', ['correlations', 0, 'tests', 0, 'events', 0]),
    table('What is expected of it', ['correlations', 0, 'tests', 0, 'expect', 0]),
    table('A filter', ['filters', 0]),
    table('An override', ['overrides', 0]),
  ];
  const shipped = shippedSection(readShippedRules(), readMeasuredRules(), shippedFeatureset());
  const language = [VALUES, LANGUAGE, CORRELATIONS, FILES, TOOLS, RATES, COST].join('');
  return `${INTRODUCTION}\n${BEGIN}\n${sections.join('\n')}\n${language}\n${shipped}`;
}

function tableOf(root: JsonSchema, title: string, schema: JsonSchema): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([key, part]) => {
    const whole = followed(root, part);
    const need = required.has(key) ? 'yes' : defaultOf(whole);
    return `| \`${key}\` | ${typeOf(root, whole)} | ${need} | ${whole.description ?? ''} |`;
  });
  const head = '| key | value | required | meaning |\n|---|---|---|---|';
  return `## ${title}\n\n${schema.description ?? ''}\n\n${head}\n${rows.join('\n')}\n`;
}

/** Of a value that may be a text or a mapping, the mapping. */
function mappingOf(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const branches = (schema.anyOf ?? []).map((branch) => followed(root, branch));
  return branches.find(({ properties }) => properties !== undefined) ?? schema;
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined ? 'no' : `no: \`${JSON.stringify(schema.default)}\``;
}

function typeOf(root: JsonSchema, part: JsonSchema): string {
  const schema = followed(root, part);
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((branch) => typeOf(root, branch)).join(' or ');
  if (schema.items !== undefined) return `list of ${typeOf(root, schema.items)}`;
  return TYPE_WORDS[schema.type ?? ''] ?? 'value';
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true`, `false`',
  object: 'mapping',
};

/** Files that are generated from the schema: path from the repository's root, and content. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/rules.md', createReference()],
    ['rules/schema.json', createSchemaText(await openFeatureset(MODEL))],
  ]);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  mkdirSync(join(root, 'docs'), { recursive: true });
  for (const [path, content] of await generatedFiles()) {
    const file = join(root, path);
    if (readOrEmpty(file) !== content) writeFileSync(file, content);
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
