/** Told when exports to a receiver begin to fail, and when they work again: once each, however long it lasts. */
export interface OutageListener {
  onOutage(signal: string, error: Error | undefined): void;
  /** @param failures - exports that failed since the outage began */
  onRecovery(signal: string, failures: number): void;
}

interface ExportResult {
  /** 0 is success. */
  readonly code: number;
  readonly error?: Error;
}

interface Exporter<Items> {
  export(items: Items, done: (result: ExportResult) => void): void;
}

/** The same exporter, whose results are watched.
 *  @param signal - `traces` or `metrics` */
export function watchExporter<Items, Watched extends Exporter<Items>>(
  exporter: Watched & Exporter<Items>,
  signal: string,
  listener: OutageListener,
): Watched {
  const send = exporter.export.bind(exporter);
  let failures = 0;
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) {
        failures += 1;
        if (failures === 1) listener.onOutage(signal, result.error);
      } else if (failures > 0) {
        listener.onRecovery(signal, failures);
        failures = 0;
      }
      done(result);
    });
  return exporter;
}
