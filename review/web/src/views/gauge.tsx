/** A value beside its threshold on one line; the numbers stand next to it as text. The line begins at zero, and where the
 *  threshold is not above it as far below both as they are apart, at least 1: else a value that only just reached such
 *  a threshold would fill the line. */
export function Gauge({ value, threshold }: { value: number; threshold: number }) {
  const lower = Math.min(value, threshold);
  const low = threshold > 0 ? Math.min(0, value) : lower - Math.max(1, Math.abs(value - threshold));
  const high = Math.max(value, threshold, low + Number.EPSILON) + (Math.max(value, threshold) - low) * 0.06;
  const at = (number: number) => ((number - low) / (high - low)) * 100;
  const reached = Math.min(at(value), at(threshold));
  return (
    <svg class="gauge" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-track" y="3" width="100" height="6" />
      <rect class="gauge-below" y="3" width={reached} height="6" />
      <rect class="gauge-above" x={reached} y="3" width={Math.max(0, at(value) - reached)} height="6" />
      <line x1={at(threshold)} x2={at(threshold)} y1="0" y2="12" />
    </svg>
  );
}
