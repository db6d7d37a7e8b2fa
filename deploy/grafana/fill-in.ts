/** What Grafana puts in the place of its variables. */
export interface GrafanaVariables {
  /** Such as `1m`. */
  readonly rateInterval: string;
  readonly range: string;
}

/** A panel's expression as Prometheus gets it, for all instances. */
export function fillIn(expression: string, { rateInterval, range }: GrafanaVariables): string {
  return expression
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$__range', range)
    .replaceAll('$instance', '.*');
}
