import { signal } from '@preact/signals';

/** The token that the pointer or the keyboard is on, in the text or in the chart. */
export const pointedToken = signal<{ readonly segmentId: string; readonly index: number } | null>(null);
