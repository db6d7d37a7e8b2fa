/** How many exchanges may be on their way at once. */
export interface Admission {
  limit(): number;
  close(): Promise<void>;
}

/** How much there is to do, as far as it can be seen. */
export interface Strain {
  /** How much later than asked a timer of this thread fired. */
  readonly lagMs: number;
  /** Share of the reader's queue that is taken. */
  readonly queueShare: number;
  readonly inFlight: number;
}

export interface AdmissionBounds {
  readonly min: number;
  readonly max: number;
  readonly maxLagMs: number;
}

export interface AdmissionParts extends AdmissionBounds {
  readonly strain: () => Omit<Strain, 'lagMs'>;
}

const LOOK_MS = 250;
const MAX_QUEUE_SHARE = 0.5;
const LESS = 0.7;
const MORE = 1.1;

/** Watches the thread and the reader, and takes fewer exchanges where either falls behind: those that are taken then
 *  still end in time, and the others hear so at once. */
export function createAdmission({ strain, ...bounds }: AdmissionParts): Admission {
  let limit = bounds.max;
  let lookedAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const lagMs = Math.max(0, now - lookedAt - LOOK_MS);
    lookedAt = now;
    limit = nextLimit(limit, { lagMs, ...strain() }, bounds);
  }, LOOK_MS).unref();
  return { limit: () => limit, close: async () => clearInterval(timer) };
}

/** Falls by a third of what is there, rises by a tenth, within its bounds. */
export function nextLimit(
  limit: number,
  { lagMs, queueShare, inFlight }: Strain,
  { min, max, maxLagMs }: AdmissionBounds,
): number {
  const isBehind = lagMs > maxLagMs || queueShare > MAX_QUEUE_SHARE;
  const next = isBehind ? Math.floor(Math.min(limit, inFlight) * LESS) : Math.ceil(limit * MORE);
  return Math.min(max, Math.max(Math.min(min, max), next));
}
