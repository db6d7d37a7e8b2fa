import type { ReaderResult } from './reader/reader-job.ts';
import type { Activations, SignalId, TokenSpan } from './types.ts';

/** Joins the results of consecutive runs to the activations of consecutive tokens.
 *  @param spans - one for every token of the results, in order */
export function joinResults(
  results: readonly ReaderResult[],
  {
    firstToken,
    spans,
    signals,
  }: { firstToken: number; spans: readonly TokenSpan[]; signals: readonly SignalId[] },
): Activations {
  const rowStart = new Uint32Array(spans.length + 1);
  const entries = results.reduce((sum, result) => sum + result.value.length, 0);
  const index = new Uint32Array(entries);
  const value = new Float32Array(entries);
  const columns = signals.map(() => new Float32Array(spans.length));
  let token = 0;
  let entry = 0;
  for (const result of results) {
    for (const [i, column] of columns.entries()) column.set(result.signals[i] ?? [], token);
    for (let t = 1; t < result.rowStart.length; t++) rowStart[token + t] = entry + (result.rowStart[t] ?? 0);
    index.set(result.index, entry);
    value.set(result.value, entry);
    token += result.rowStart.length - 1;
    entry += result.value.length;
  }
  const named = new Map(signals.map((signal, i) => [signal, columns[i] ?? new Float32Array(0)]));
  return { firstToken, tokens: spans, signals: named, features: { rowStart, index, value } };
}

/** Joins the activations of consecutive tokens, of one segment and of the same signals. */
export function joinActivations(parts: readonly Activations[]): Activations {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const results = parts.map(({ signals, features }) => ({ signals: [...signals.values()], ...features }));
  return joinResults(results, {
    firstToken: first?.firstToken ?? 0,
    spans: parts.flatMap(({ tokens }) => tokens),
    signals: [...(first?.signals.keys() ?? [])],
  });
}
