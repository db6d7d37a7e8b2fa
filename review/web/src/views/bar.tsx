/** A share from 0 to 1 as a bar; an SVG attribute, since the page allows no style attributes. */
export function Bar({ part }: { part: number }) {
  const width = Math.max(0, Math.min(1, part)) * 100;
  return (
    <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-track" width="100" height="6" />
      <rect class="bar-fill" width={width} height="6" />
    </svg>
  );
}
