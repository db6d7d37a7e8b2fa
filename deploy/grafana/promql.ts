/** How far back a rate looks: Grafana makes it of the panel's width and the scrape interval. */
export const RANGE = '[$__rate_interval]';

/** Of the instances that are chosen above the panels. */
export const ON = '{instance=~"$instance"}';

/** A counter's rate a second, by labels. */
export const rate = (metric: string, by: string): string => `sum by (${by}) (rate(${metric}${ON}${RANGE}))`;

/** A quantile of a histogram, over all instances together. */
export const quantile = (q: number, metric: string): string =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket${ON}${RANGE})))`;
