import { levelSchema, targetSchema } from './rule-words.ts';

/** What an editor offers to write in one go, in the words of the YAML language server: `$1` is where the pointer stops
 *  first, `${1:word}` what stands there until then, `$UUID` and the date what the editor makes of them. */
export interface Snippet {
  readonly label: string;
  readonly description: string;
  readonly body: unknown;
}

const stop = (place: number, text: string) => `\${${place}:${text}}`;
const choice = (place: number, words: readonly string[]) => `\${${place}|${words.join(',')}|}`;

/** A whole rule, with a test of each kind. */
export const RULE_SNIPPET: Snippet = {
  label: 'a new rule',
  description: 'A rule on one concept, in mode shadow, with an id of its own and two tests.',
  body: {
    id: '$UUID',
    name: stop(1, 'my-rule'),
    title: stop(2, 'One line for people'),
    description: stop(3, 'What it finds and what it does not.'),
    status: 'experimental',
    version: 1,
    level: choice(4, levelSchema.options),
    mode: 'shadow',
    target: choice(5, targetSchema.options),
    detection: { [stop(6, 'shows')]: { signal: { concept: '$7' }, rarer_than: `1/${stop(8, '500')}` } },
    condition: stop(6, 'shows'),
    date: '$CURRENT_YEAR-$CURRENT_MONTH-$CURRENT_DATE',
    tests: [
      { text: stop(9, 'A text on which it must fire.'), expect: 'fire' },
      { ok: stop(10, 'A near-miss on which it must not.') },
    ],
  },
};

/** Named conditions, as they stand under `detection`. */
export const CONDITION_SNIPPETS: readonly Snippet[] = [
  {
    label: 'a condition on a concept',
    description: 'Met where a concept is rarer than a false-alarm rate.',
    body: { [stop(1, 'shows')]: { signal: { concept: '$2' }, rarer_than: `1/${stop(3, '500')}` } },
  },
  {
    label: 'a condition on a field',
    description: 'Met where a field of the exchange compares.',
    body: { [stop(1, 'is_small')]: { field: stop(2, 'model'), glob: stop(3, 'small-*') } },
  },
];
