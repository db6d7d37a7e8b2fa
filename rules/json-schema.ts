import { z } from 'zod';
import { ruleFileSchema } from './schema.ts';

/** The part of JSON Schema 2020-12 that the rule schema uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
}

const ID = 'https://telltale.example/schema/rules-1.json';

/** The JSON Schema of a rule file, for editors: what `rules/schema.json` holds. */
export function createRuleJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(ruleFileSchema, { target: 'draft-2020-12', io: 'input' });
  return { $id: ID, title: 'Telltale rules', ...schema } as JsonSchema;
}

/** The JSON Schema as text, as it stands in rules/schema.json. */
export function createSchemaText(): string {
  return `${JSON.stringify(createRuleJsonSchema(), null, 2)}\n`;
}

/** The schema of the value at a path, where objects, lists and named conditions lead to one. */
export function schemaAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = root;
  for (const key of path) {
    schema = schema === undefined ? undefined : below(schema, key);
  }
  return schema;
}

function below(schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  const extra = schema.additionalProperties;
  const own =
    typeof key === 'number'
      ? schema.items
      : (schema.properties?.[String(key)] ?? (typeof extra === 'object' ? extra : undefined));
  if (own !== undefined || schema.anyOf === undefined) return own;
  return schema.anyOf.map((branch) => below(branch, key)).find((found) => found !== undefined);
}
