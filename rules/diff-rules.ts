import { isDeepStrictEqual } from 'node:util';
import type { Featureset } from '../detectors/index.ts';
import { isActing } from './acting.ts';
import { collectRules } from './apply-overrides.ts';
import { checkShape } from './check-shape.ts';
import { type CompiledRule, compiledOf } from './compiled.ts';
import { changesOf } from './diff-rule.ts';
import { compileFiles } from './load.ts';
import { readDocument } from './read-document.ts';
import { readRuleFiles } from './read-files.ts';
import type { RuleDefinition, RuleFile } from './schema.ts';
import type { ShapedFile } from './scope.ts';
import type { RuleProblem, RuleSet } from './types.ts';
import { withLanguages } from './with-languages.ts';

/** How much a change asks of those who run the rules. `major`: what is done with traffic may change, or what others know
 *  a rule by is gone. `minor`: what is found may change. `patch`: neither. */
export type Weight = 'patch' | 'minor' | 'major';

export interface FieldChange {
  /** Such as `mode` or `detection.deceives.threshold`. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly weight: Weight;
}

/** A rule, a correlation or a filter that is not the same in both sets. */
export interface RuleChange {
  readonly kind: 'rule' | 'correlation' | 'filter';
  readonly change: 'added' | 'removed' | 'changed';
  readonly name: string;
  readonly weight: Weight;
  readonly fields: readonly FieldChange[];
  /** Its meaning changed and its version did not rise. */
  readonly keepsVersion: boolean;
}

export interface RuleDiff {
  readonly changes: readonly RuleChange[];
  /** Null where the sets mean the same. */
  readonly suggests: Weight | null;
}

export type DiffResult =
  | { readonly ok: true; readonly diff: RuleDiff; readonly ruleSets: ComparedSets }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/** The sets that were compared, as `loadRules` gives them. */
export interface ComparedSets {
  readonly before: RuleSet;
  readonly after: RuleSet;
}

const WEIGHTS: readonly Weight[] = ['patch', 'minor', 'major'];

/** Compares what two sets of rule files mean on a featureset: order, layout, comments, and how a thing is written do not
 *  count. Rules are the same rule by their id. */
export async function diffRules(
  before: readonly string[],
  after: readonly string[],
  featureset: Featureset,
): Promise<DiffResult> {
  const sides = await Promise.all([before, after].map((paths) => readSide(paths, featureset)));
  const problems = sides.flatMap((side) => side.problems);
  const [old, fresh] = sides.map(({ set }) => set);
  if (old === undefined || fresh === undefined) return { ok: false, problems };
  const changes = [
    ...compareRules(old, fresh),
    ...compareOthers('correlation', old, fresh),
    ...compareOthers('filter', old, fresh),
  ];
  const diff = { changes, suggests: heaviest(changes.map(({ weight }) => weight)) };
  return { ok: true, diff, ruleSets: { before: old.ruleSet, after: fresh.ruleSet } };
}

/** The weightiest; null of none. */
function heaviest(weights: readonly Weight[]): Weight | null {
  return WEIGHTS.findLast((weight) => weights.includes(weight)) ?? null;
}

/** A rule as it is written, with what overrides make of it, and as it is compiled. */
export interface KnownRule {
  readonly definition: RuleDefinition;
  readonly compiled: CompiledRule;
}

interface Side {
  readonly ruleSet: RuleSet;
  readonly rules: ReadonlyMap<string, KnownRule>;
  readonly correlations: ReadonlyMap<string, Written>;
  /** By the id of a correlation: the same where it means the same, however that is written. */
  readonly meanings: ReadonlyMap<string, string>;
  readonly filters: ReadonlyMap<string, Written>;
}

type Written = Readonly<Record<string, unknown>> & { readonly name: string };

async function readSide(paths: readonly string[], featureset: Featureset) {
  const files = await readRuleFiles(paths);
  const loaded = await withLanguages(compileFiles(files, featureset));
  if (!loaded.ok) return { set: undefined, problems: loaded.problems };
  const compiled = new Map(compiledOf(loaded.ruleSet).compiledRules.map((rule) => [rule.id, rule]));
  const shaped = files.sources.flatMap((source): ShapedFile[] => {
    const read = readDocument(source);
    const shape = read.ok ? checkShape(read.document) : undefined;
    return read.ok && shape?.ok ? [{ document: read.document, file: shape.file }] : [];
  });
  const known = collectRules(shaped, { has: () => false }).rules.flatMap(
    ({ definition }): [string, KnownRule][] => {
      const rule = compiled.get(definition.id);
      return rule === undefined ? [] : [[definition.id, { definition, compiled: rule }]];
    },
  );
  const others = (key: 'correlations' | 'filters') =>
    byKey(shaped.flatMap(({ file }) => writtenIn(file, key)));
  const set: Side = {
    ruleSet: loaded.ruleSet,
    rules: new Map(known),
    correlations: others('correlations'),
    meanings: new Map(compiledOf(loaded.ruleSet).compiledCorrelations.map(({ id, key }) => [id, key])),
    filters: others('filters'),
  };
  return { set, problems: [] };
}

function writtenIn(file: RuleFile, key: 'correlations' | 'filters'): readonly Written[] {
  return (file[key] ?? []) as unknown as readonly Written[];
}

function byKey(all: readonly Written[]): ReadonlyMap<string, Written> {
  return new Map(all.map((one) => [String(one['id'] ?? one.name), one]));
}

function compareRules(old: Side, fresh: Side): RuleChange[] {
  const removed = [...old.rules].filter(([id]) => !fresh.rules.has(id));
  return [
    ...removed.map(([, { definition }]) => whole('rule', 'removed', definition.name, 'major')),
    ...[...fresh.rules].flatMap(([id, rule]): RuleChange[] => {
      const before = old.rules.get(id);
      const { name } = rule.definition;
      if (before === undefined) {
        return [whole('rule', 'added', name, isActing(rule.definition) ? 'major' : 'minor')];
      }
      return changed('rule', name, changesOf(before, rule), {
        keepsVersion: before.definition.version >= rule.definition.version,
      });
    }),
  ];
}

function compareOthers(kind: 'correlation' | 'filter', old: Side, fresh: Side): RuleChange[] {
  const [earlier, later] = [old, fresh].map((side) => side[`${kind}s`]) as [Others, Others];
  const removed = [...earlier].filter(([key]) => !later.has(key));
  return [
    ...removed.map(([, { name }]) => whole(kind, 'removed', name, 'major')),
    ...[...later].flatMap(([key, written]) => {
      const before = earlier.get(key);
      if (before === undefined) return [whole(kind, 'added', written.name, 'minor')];
      const meaning = fresh.meanings.get(key);
      const meansSame = meaning !== undefined && meaning === old.meanings.get(key);
      const fields = [...new Set([...Object.keys(before), ...Object.keys(written)])].filter(
        (field) =>
          !isDeepStrictEqual(before[field], written[field]) && !(meansSame && MEANING_KEYS.has(field)),
      );
      const changes = fields.map((field): FieldChange => {
        const weight = TEXT_KEYS.has(field) ? 'patch' : 'minor';
        return { field, before: shown(before[field]), after: shown(written[field]), weight };
      });
      const keepsVersion = kind === 'correlation' && Number(before['version']) >= Number(written['version']);
      return changed(kind, written.name, changes, { keepsVersion });
    }),
  ];
}

type Others = ReadonlyMap<string, Written>;

/** What decides when a correlation fires; `key` of the compiled one is made of it. */
const MEANING_KEYS: ReadonlySet<string> = new Set([
  'type',
  'rules',
  'unless',
  'unless_then',
  'group_by',
  'timespan',
  'field',
  'condition',
]);

const TEXT_KEYS: ReadonlySet<string> = new Set([
  'version',
  'falsepositives',
  'title',
  'description',
  'author',
  'date',
  'references',
  'tests',
]);

function shown(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function whole(
  kind: RuleChange['kind'],
  change: 'added' | 'removed',
  name: string,
  weight: Weight,
): RuleChange {
  return { kind, change, name, weight, fields: [], keepsVersion: false };
}

function changed(
  kind: RuleChange['kind'],
  name: string,
  fields: readonly FieldChange[],
  { keepsVersion }: Pick<RuleChange, 'keepsVersion'>,
): RuleChange[] {
  const weight = heaviest(fields.map((field) => field.weight));
  if (weight === null) return [];
  return [
    { kind, change: 'changed', name, weight, fields, keepsVersion: keepsVersion && weight !== 'patch' },
  ];
}
