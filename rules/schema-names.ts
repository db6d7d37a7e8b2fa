import type { Featureset } from '../detectors/index.ts';
import type { JsonSchema, TextSnippet } from './json-schema.ts';

/** What of a featureset can be named in rules. */
export type NamedSignals = Pick<
  Featureset,
  'concepts' | 'probes' | 'dictionarySize' | 'feature' | 'featureByLabel'
>;

/** The schema of rule files with a featureset's own names in the place of any text, so that an editor can propose them,
 *  with what each stands for, and mark a concept, a probe or an index that is not there. */
export function withNames(schema: JsonSchema, featureset: NamedSignals): JsonSchema {
  const { signal } = schema.$defs ?? {};
  const { concept, feature, probe } = signal?.properties ?? {};
  const { concepts, probes } = featureset;
  const meanings = new Map(concepts.map(({ name, description }) => [name, description]));
  const properties = {
    concept: oneOf(concept, meanings),
    feature: { ...feature, anyOf: [indexOf(featureset), labelOf(featureset)] },
    probe: oneOf(probe, new Map(probes.map((name) => [name, meanings.get(name) ?? '']))),
  };
  return { ...schema, $defs: { ...schema.$defs, signal: { ...signal, properties } } };
}

function oneOf(schema: JsonSchema | undefined, meanings: ReadonlyMap<string, string>): JsonSchema {
  const { description } = schema ?? {};
  return {
    ...(description === undefined ? {} : { description }),
    type: 'string',
    enum: [...meanings.keys()],
    enumDescriptions: [...meanings.values()],
  };
}

function indexOf({ dictionarySize }: NamedSignals): JsonSchema {
  return { type: 'integer', minimum: 0, maximum: dictionarySize - 1 };
}

/** Proposes the labels that exactly one feature has; others name nothing. As snippets, since the language server lists
 *  every example and every value of an enum where the pointer rests on the key, and there are hundreds. */
function labelOf({ dictionarySize, feature, featureByLabel }: NamedSignals): JsonSchema {
  const defaultSnippets: TextSnippet[] = [];
  for (let index = 0; index < dictionarySize; index += 1) {
    const { label, labelScore } = feature(index);
    if (label === null || featureByLabel(label) !== index) continue;
    const score = labelScore === null ? '' : ` Label score ${labelScore}.`;
    defaultSnippets.push({ label, description: `Feature ${index}.${score}`, bodyText: quoted(label) });
  }
  return { type: 'string', minLength: 1, defaultSnippets };
}

/** As a text of YAML, where no sign is one of snippets'. */
function quoted(label: string): string {
  return JSON.stringify(label).replace(/[$}\\]/g, String.raw`\$&`);
}
