import type { TargetedEvent } from 'preact';
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
  const byRule = summary.value?.byRule ?? [];
  const rules: Option[] = byRule.map((rule) => [rule.id, `${rule.title} (${count(rule.count)})`]);
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Choice name="rule" label="Rule" options={[['', 'Any rule'], ...rules]} />
      <Choice name="level" label="Level" options={LEVELS} />
      <Choice name="outcome" label="Outcome" options={OUTCOMES} />
      <Choice name="state" label="Review state" options={STATES} />
    </form>
  );
}

function Choice({
  name,
  label,
  options,
}: {
  name: keyof Filters;
  label: string;
  options: readonly Option[];
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
      {!known && <option value={value}>{value}</option>}
    </select>
  );
}
