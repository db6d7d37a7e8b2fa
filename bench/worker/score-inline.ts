import { serve } from '../gateway/served.ts';
import { readMetric } from '../read-metric.ts';
import { askAll } from './exchanges.ts';
import type { Scored } from './score-recording.ts';

/** Who is asked what. */
export interface InlineTask {
  readonly upstream: string;
  readonly rules: string;
  readonly exchanges: number;
  readonly databaseUrl: string;
  /** Of the reader. */
  readonly threads: number;
}

const PATIENT_MS = 600_000;

/** Times the same exchanges through a gateway that scores in line, from the first request to the end of the last answer. */
export async function scoreInline(task: InlineTask): Promise<Scored> {
  const { upstream, rules, exchanges, databaseUrl, threads } = task;
  // What is let go unread because the machine is busy would count as scored.
  const detector = { score_cache_bytes: 0, workers: threads, timeout_ms: PATIENT_MS };
  const more = { store: { database_url: databaseUrl }, limits: { max_lag_ms: PATIENT_MS } };
  const gateway = await serve('telltale', { upstream, rules, detector, more });
  try {
    const cpuBefore = await gateway.allThreadsCpuMs();
    const started = performance.now();
    await askAll(gateway.url, exchanges);
    const seconds = (performance.now() - started) / 1000;
    const cpuMs = (await gateway.allThreadsCpuMs()) - cpuBefore;
    const tokens = await readMetric(gateway.metricsUrl ?? '', 'telltale_detector_tokens_total');
    return {
      exchanges_per_s: exchanges / seconds,
      tokens_per_s: tokens / seconds,
      tokens_per_exchange: tokens / exchanges,
      cpu_ms_per_exchange: cpuMs / exchanges,
      lag_at_end: 0,
    };
  } finally {
    await gateway.close();
  }
}
