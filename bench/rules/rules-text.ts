import type { Featureset } from '../../detectors/index.ts';

/** Of one file, which has a bound. */
const RULES_A_FILE = 500;

/** Files with so many rules: even ones on two concepts with their own aggregates, odd ones on a concept and a feature of
 *  their own, with the conditions that the language has in turn. Few of them fire, as of rules. */
export function rulesTexts(count: number, featureset: Featureset): string[] {
  const rules = Array.from({ length: count }, (_, i) => ruleText(i, featureset));
  const files = Array.from({ length: Math.ceil(count / RULES_A_FILE) }, (_, i) => i * RULES_A_FILE);
  return files.map((from) => `version: 1\nrules:\n${rules.slice(from, from + RULES_A_FILE).join('')}`);
}

function ruleText(i: number, { concepts, dictionarySize }: Featureset): string {
  const concept = (at: number) => `{concept: ${concepts[at % concepts.length]?.name}}`;
  const feature = `{feature: ${(i * 7919) % dictionarySize}}`;
  const second = i % 2 === 0 ? `signal: ${concept(i + 3)}, above: 4.95` : KINDS[i % KINDS.length]?.(feature);
  const id = i.toString(16).padStart(12, '0');
  return `  - id: 0c1f6a52-7d8e-4c0b-9a34-${id}
    name: rule-${i}
    title: Rule ${i}
    description: for the bench
    status: test
    version: 1
    level: low
    mode: flag
    target: input
    detection:
      one: {signal: ${concept(i)}, above: 4.95}
      two: {${second}}
    condition: ${['one or two', 'one and two', 'two and one'][i % 3]}
`;
}

const KINDS: readonly ((feature: string) => string)[] = [
  (feature) => `signal: ${feature}, above: 4.95`,
  (feature) => `signal: ${feature}, above: 3, for: {tokens: 3, of: 8}`,
  (feature) => `signal: ${feature}, aggregate: ema, window: 8, above: 3`,
  (feature) => `signal: ${feature}, aggregate: count_above, token_above: 4, above: 12`,
];
