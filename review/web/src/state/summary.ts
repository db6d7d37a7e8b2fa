import { signal } from '@preact/signals';
import type { Summary } from '../../../wire.ts';
import { fetchSummary } from './api.ts';

/** Counts over all flagged exchanges, or null until they are known. */
export const summary = signal<Summary | null>(null);

/** Reads the counts; the old ones stay where that fails, since the list says what is wrong. */
export async function loadSummary(): Promise<void> {
  summary.value = await fetchSummary().catch(() => summary.value);
}
