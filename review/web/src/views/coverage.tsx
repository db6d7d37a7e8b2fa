import type { CoverageView } from '../../../wire.ts';
import { unscanned } from '../text/unscanned.ts';
import { count, roleName } from '../text/wording.ts';

/** What was read of the exchange, what was not, and why. */
export function Coverage({ coverage }: { coverage: readonly CoverageView[] }) {
  const missed = coverage.filter((entry) => entry.status !== 'scanned').length;
  const title =
    missed === 0 ? 'All of it was scanned' : `${missed} of ${coverage.length} segments not scanned`;
  return (
    <details class="coverage" open={missed > 0}>
      <summary>{coverage.length === 0 ? 'Nothing to scan' : title}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Segment</th>
            <th scope="col">State</th>
            <th scope="col">Tokens</th>
          </tr>
        </thead>
        <tbody>
          {coverage.map((entry) => (
            <tr key={entry.segmentId} class={`is-${entry.status}`}>
              <th scope="row">
                {roleName(entry.role)} <small>{entry.segmentId}</small>
              </th>
              <td>{unscanned(entry) || 'scanned'}</td>
              <td>{entry.status === 'scanned' ? count(entry.tokens) : `${count(entry.bytes)} B`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
