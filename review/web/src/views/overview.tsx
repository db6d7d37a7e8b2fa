import type { Level, Summary } from '../../../wire.ts';
import { filters, setFilters } from '../state/route.ts';
import { summary } from '../state/summary.ts';
import { count, levelName, percent } from '../text/wording.ts';
import { Bar } from './bar.tsx';
import { KeyList } from './help.tsx';

const LEVELS: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational'];

/** So many rules are shown at once. */
const MOST_RULES = 8;

/** What stands beside the list while no exchange is open. */
export function Overview() {
  const counts = summary.value;
  return (
    <main class="overview">
      <h2>Choose a conversation</h2>
      <p class="lead">Each one shows the tokens and the features that gave it away.</p>
      {counts !== null && counts.flagged > 0 && <Counts counts={counts} />}
      <section>
        <h3>Keys</h3>
        <KeyList />
      </section>
    </main>
  );
}

function Counts({ counts }: { counts: Summary }) {
  const { correct, false_alarm: falseAlarms } = counts.byJudgement;
  const judged = correct + falseAlarms;
  return (
    <>
      <dl class="tiles">
        <Tile name="Flagged" value={count(counts.flagged)} />
        <Tile name="To review" value={count(counts.unreviewed)} />
        <Tile name="Judged correct" value={judged === 0 ? '–' : percent(correct / judged)} />
      </dl>
      <section>
        <h3>By level</h3>
        <Shares
          rows={LEVELS.filter((level) => counts.byLevel[level] > 0).map((level) => ({
            name: levelName(level),
            count: counts.byLevel[level],
            shows: level === 'critical' ? 'Show these' : 'Show these and what is above',
            choose: () => setFilters({ ...filters.value, level }),
          }))}
        />
      </section>
      <section>
        <h3>By rule</h3>
        <ByRule counts={counts} />
      </section>
    </>
  );
}

/** The most frequent rules, the rest on demand. */
function ByRule({ counts: { byRule, rules } }: { counts: Summary }) {
  const rows = byRule.map((rule) => ({
    name: rule.title,
    count: rule.count,
    shows: 'Show these',
    choose: () => setFilters({ ...filters.value, rule: rule.id }),
  }));
  const rest = rows.slice(MOST_RULES);
  const most = Math.max(1, ...rows.map((row) => row.count));
  return (
    <>
      <Shares rows={rows.slice(0, MOST_RULES)} most={most} />
      {rest.length > 0 && (
        <details class="rest">
          <summary>{count(rules - MOST_RULES)} more</summary>
          <Shares rows={rest} most={most} />
          {rules > byRule.length && (
            <p class="note">and {count(rules - byRule.length)} that matched less often</p>
          )}
        </details>
      )}
    </>
  );
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface ShareRow {
  readonly name: string;
  readonly count: number;
  /** What choosing it does, said before it is done: the list's filter by level has no upper end. */
  readonly shows: string;
  readonly choose: () => void;
}

/** @param most - the count that fills a bar; that of the greatest row when left out */
function Shares({
  rows,
  most = Math.max(1, ...rows.map((row) => row.count)),
}: {
  rows: readonly ShareRow[];
  most?: number;
}) {
  return (
    <ul class="shares">
      {rows.map((row) => (
        <li key={row.name}>
          <button type="button" onClick={row.choose} title={row.shows}>
            <span>{row.name}</span>
            <Bar part={row.count / most} />
            <b>{count(row.count)}</b>
          </button>
        </li>
      ))}
    </ul>
  );
}
