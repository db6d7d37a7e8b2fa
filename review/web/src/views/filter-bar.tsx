import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Filters } from '../state/api.ts';
import { filters, setFilters } from '../state/route.ts';
import { summary } from '../state/summary.ts';
import { count } from '../text/wording.ts';

type Option = readonly [value: string, text: string];

const LEVELS: readonly Option[] = [
  ['', 'Any level'],
  ['critical', 'Critical'],
  ['high', 'High and above'],
  ['medium', 'Medium and above'],
  ['low', 'Low and above'],
  ['informational', 'Informational and above'],
];

const STATES: readonly Option[] = [
  ['', 'Any state'],
  ['open', 'To review'],
  ['reviewed', 'Reviewed'],
];

const OUTCOMES: readonly Option[] = [
  ['', 'Any outcome'],
  ['block', 'Blocked'],
  ['redact', 'Redacted'],
  ['flag', 'Only flagged'],
];

/** Narrows the list by rule, level, what became of it and what a person made of it. */
export function FilterBar() {
  const { byRule, rules: all } = summary.value ?? { byRule: [], rules: 0 };
  const more = all - byRule.length;
  const rules: Option[] = byRule.map((rule) => [rule.id, `${rule.title} (${count(rule.count)})`]);
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Search />
      <Choice name="rule" label="Rule" options={[['', 'Any rule'], ...rules]} more={more} />
      <Choice name="level" label="Level" options={LEVELS} />
      <Choice name="outcome" label="Outcome" options={OUTCOMES} />
      <Choice name="state" label="Review state" options={STATES} />
    </form>
  );
}

/** Asked for once the reader pauses: each letter would be a search of its own. */
const PAUSE_MS = 300;

function Search() {
  const { words } = filters.value;
  const typed = useSignal(words);
  const timer = useRef(0);
  useEffect(() => {
    typed.value = words;
  }, [words]);
  const search = (event: TargetedEvent<HTMLInputElement>) => {
    typed.value = event.currentTarget.value;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setFilters({ ...filters.value, words: typed.value }), PAUSE_MS);
  };
  return (
    <input
      type="search"
      id="search"
      dir="auto"
      maxLength={200}
      value={typed.value}
      placeholder="Words that were flagged, or an id"
      aria-label="Search"
      onInput={search}
    />
  );
}

function Choice({
  name,
  label,
  options,
  more = 0,
}: {
  name: keyof Filters;
  label: string;
  options: readonly Option[];
  /** How many more there are that cannot be chosen here. */
  more?: number;
}) {
  const value = filters.value[name];
  const known = options.some(([option]) => option === value);
  const change = (event: TargetedEvent<HTMLSelectElement>) =>
    setFilters({ ...filters.value, [name]: event.currentTarget.value });
  return (
    <select aria-label={label} class={value === '' ? '' : 'is-set'} value={value} onChange={change}>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
      {more > 0 && <option disabled>{count(more)} more that matched less often</option>}
      {!known && <option value={value}>{value}</option>}
    </select>
  );
}
