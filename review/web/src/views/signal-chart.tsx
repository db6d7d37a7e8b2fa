import { useEffect, useRef } from 'preact/hooks';
import { createChart } from '../chart/create-chart.ts';
import { figure } from '../text/wording.ts';

interface SignalChartProps {
  readonly segmentId: string;
  readonly name: string;
  readonly values: readonly number[];
  readonly threshold: number;
  readonly firstToken: number;
  readonly lastToken: number;
}

/** One signal over the tokens of a segment, the threshold as a line, the finding's tokens as a band. */
export function SignalChart({ segmentId, name, values, threshold, firstToken, lastToken }: SignalChartProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    return createChart(element, { segmentId, values, threshold, firstToken, lastToken });
  }, [segmentId, values, threshold, firstToken, lastToken]);
  const peak = values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0);
  const summary =
    `${name} over ${values.length} tokens: highest ${figure(values[peak] ?? 0)} at token ${peak + 1}, ` +
    `threshold ${figure(threshold)}, flagged from token ${firstToken + 1} to ${lastToken + 1}`;
  return <div class="chart-host" ref={host} role="img" aria-label={summary} />;
}
