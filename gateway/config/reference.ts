import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SETTINGS } from './environment.ts';
import { configSchema } from './schema.ts';
import { type Shape, valueText } from './value-text.ts';

const INTRO = `# Configuration

Everything that can be set, written by \`npm run docs\` out of the schema that checks it. Settings come from the YAML file that
\`TELLTALE_CONFIG\` names, and from the environment, which wins: each setting has a variable of its own, and a few have a
short name too, which is the weaker one. A list of texts is \`a,b\` in a variable, a list of objects is JSON; \`null\` is null
where that is among the values, and an empty variable is as if unset. In the file \`\${NAME}\` and \`\${NAME:-default}\` stand
for variables. \`telltale config check\` prints what all of it comes to; a wrong value is named with its variable, or with
file, line and column.
`;

/** The reference of the configuration in Markdown: every key with its variables, its values, its default and what it
 *  means. */
export function createConfigReference(): string {
  const root = z.toJSONSchema(configSchema, { io: 'input' }) as Shape;
  const sections = Object.entries(root.properties ?? {});
  const own = sections.filter(([, shape]) => shape.properties === undefined && shape.items === undefined);
  const parts = sections.filter(([, shape]) => shape.properties !== undefined);
  const lists = sections.filter(([, shape]) => shape.items !== undefined);
  return [
    INTRO,
    section('The file itself', 'Keys at the top.', rowsOf(Object.fromEntries(own), [])),
    ...parts.map(([name, shape]) =>
      section(`\`${name}\``, shape.description, rowsOf(shape.properties, [name])),
    ),
    ...lists.map(([name, shape]) => listSection(name, shape)),
  ].join('\n');
}

interface Row {
  readonly path: readonly string[];
  readonly shape: Shape;
  readonly isRequired: boolean;
}

/** The leaves below an object, in the order of the schema. */
function rowsOf(
  properties: Shape['properties'],
  path: readonly string[],
  required: readonly string[] = [],
): Row[] {
  return Object.entries(properties ?? {}).flatMap(([key, shape]) => {
    const own = [...path, key];
    if (shape.properties !== undefined) return rowsOf(shape.properties, own, shape.required);
    return [{ path: own, shape, isRequired: required.includes(key) }];
  });
}

function section(title: string, description = '', rows: readonly Row[]): string {
  const lines = rows.map(({ path, shape }) => {
    const setting = SETTINGS.find((one) => one.path.join('.') === path.join('.'));
    const variables = (setting?.variables ?? []).map((name) => `\`${name}\``).join('<br>');
    const standard = `\`${JSON.stringify(setting?.standard ?? null)}\``;
    const key = path.length > 1 ? path.slice(1).join('.') : path.join('.');
    return `| \`${key}\` | ${variables} | ${valueText(shape)} | ${standard} | ${meaningOf(shape)} |`;
  });
  const head = '| key | variables | value | default | meaning |\n|---|---|---|---|---|';
  return `## ${title}\n\n${description}\n\n${head}\n${lines.join('\n')}\n`;
}

/** A list of objects, of one kind or of several that `type` tells apart. */
function listSection(name: string, { items, description = '' }: Shape): string {
  const kinds = items?.oneOf ?? items?.anyOf ?? (items === undefined ? [] : [items]);
  const tables = kinds.map((kind) => {
    const type = kind.properties?.['type']?.const;
    const title = type === undefined ? '' : `\nOf \`type: ${type}\`:\n`;
    const rows = rowsOf(kind.properties, [], kind.required).filter(({ path }) => path.join() !== 'type');
    const lines = rows.map(({ path, shape, isRequired }) => {
      const need = isRequired ? 'required' : defaultText(shape);
      return `| \`${path.join('.')}\` | ${valueText(shape)} | ${need} | ${meaningOf(shape)} |`;
    });
    return `${title}\n| key | value | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  const variables = SETTINGS.find(({ path }) => path.join('.') === name)?.variables ?? [];
  const named = variables.map((variable) => `\`${variable}\``).join(', ');
  return `## \`${name}\`\n\n${description} The variable is ${named}.\n${tables.join('')}`;
}

function defaultText(shape: Shape): string {
  return shape.default === undefined ? '' : `\`${JSON.stringify(shape.default)}\``;
}

function meaningOf({ description = '' }: Shape): string {
  return description.replaceAll('|', '\\|');
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '../../docs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.md'), createConfigReference());
}
