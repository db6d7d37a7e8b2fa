import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRuleJsonSchema, createSchemaText, type JsonSchema } from './json-schema.ts';
import { LANGUAGE } from './reference-language.ts';

/** The reference of the rule language in Markdown: what the schema says of every key, and what the keys mean. */
export function createReference(schema: JsonSchema = createRuleJsonSchema()): string {
  const rule = schema.properties?.['rules']?.items ?? {};
  const condition = additional(rule.properties?.['detection']);
  const sections = [
    table('A file', schema),
    table('A rule', rule),
    table('A condition', condition),
    table('A signal', condition.properties?.['signal'] ?? {}),
    table('For', condition.properties?.['for'] ?? {}),
    table('Then', condition.properties?.['then'] ?? {}),
    table('An exception', rule.properties?.['exceptions']?.items ?? {}),
    table('A test', rule.properties?.['tests']?.items ?? {}),
  ];
  return `${LANGUAGE.before}\n${sections.join('\n')}\n${LANGUAGE.after}`;
}

function table(title: string, schema: JsonSchema): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([key, part]) => {
    const need = required.has(key) ? 'yes' : defaultOf(part);
    return `| \`${key}\` | ${typeOf(part)} | ${need} | ${part.description ?? ''} |`;
  });
  const head = '| key | value | required | meaning |\n|---|---|---|---|';
  return `## ${title}\n\n${schema.description ?? ''}\n\n${head}\n${rows.join('\n')}\n`;
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined ? 'no' : `no: \`${JSON.stringify(schema.default)}\``;
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  return TYPE_WORDS[schema.type ?? ''] ?? 'value';
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  object: 'mapping',
};

function additional(schema: JsonSchema | undefined): JsonSchema {
  const extra = schema?.additionalProperties;
  return typeof extra === 'object' ? extra : {};
}

/** Files that are generated from the schema: path from the repository's root, and content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/rules.md', createReference()],
    ['rules/schema.json', createSchemaText()],
  ]);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  mkdirSync(join(root, 'docs'), { recursive: true });
  for (const [path, content] of generatedFiles()) {
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
