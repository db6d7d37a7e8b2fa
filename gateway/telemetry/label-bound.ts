/** Bounds the values of one metric label: the first `max` different values keep their name, later ones become `other`.
 *  Without a bound, a label that a caller can choose would grow memory and the scrape without end. */
export function createLabelBound(max: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= max) return 'other';
    seen.add(value);
    return value;
  };
}
