import { z } from 'zod';
import type { Snippet } from './schema/snippets.ts';
import { ruleFileSchema } from './schema.ts';
import { type NamedSignals, withNames } from './schema-names.ts';

/** The part of JSON Schema 2020-12 that the rule schema uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  /** The description, where it is Markdown: editors show the other to the letter. */
  readonly markdownDescription?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly enum?: readonly unknown[];
  /** What each value of `enum` means, in its order: a word of editors. */
  readonly enumDescriptions?: readonly string[];
  /** What editors offer to write in one go. */
  readonly defaultSnippets?: readonly (Snippet | TextSnippet)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  /** `#/$defs/NAME`: the schema of that name stands here, with what is said beside it. */
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

/** A snippet as text, to the letter. */
export interface TextSnippet {
  readonly label: string;
  readonly description: string;
  readonly bodyText: string;
}

const ID = 'https://telltale.example/schema/rules-1.json';

/** The JSON Schema of a rule file, for editors.
 *  @param featureset - whose names are proposed and held to; without it any name may stand in a rule */
export function createRuleJsonSchema(featureset?: NamedSignals): JsonSchema {
  const schema = z.toJSONSchema(ruleFileSchema, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => {
      const { description } = jsonSchema;
      if (description?.includes('`')) jsonSchema['markdownDescription'] = description;
    },
  });
  const whole = { $id: ID, title: 'Telltale rules', ...schema } as JsonSchema;
  return featureset === undefined ? whole : withNames(whole, featureset);
}

/** The JSON Schema as text; with the featureset that comes with Telltale it is what stands in rules/schema.json. */
export function createSchemaText(featureset?: NamedSignals): string {
  return `${JSON.stringify(createRuleJsonSchema(featureset), null, 2)}\n`;
}

/** The schema of the value at a path, where objects, lists and named conditions lead to one; references followed. */
export function schemaAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = root;
  for (const key of path) {
    if (schema === undefined) return undefined;
    schema = below(root, schema, key);
  }
  return schema;
}

/** A schema with the one that it refers to; its own words come first. */
export function followed(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : { ...root.$defs?.[name], ...schema };
}

function below(root: JsonSchema, schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  const extra = schema.additionalProperties;
  const own =
    typeof key === 'number'
      ? schema.items
      : (schema.properties?.[String(key)] ?? (typeof extra === 'object' ? extra : undefined));
  if (own !== undefined) return followed(root, own);
  const branches = (schema.anyOf ?? []).map((branch) => below(root, followed(root, branch), key));
  return branches.find((found) => found !== undefined);
}
