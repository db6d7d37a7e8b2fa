/** The page's colours for a canvas, which reads no CSS variables. */
export interface Palette {
  readonly text: string;
  readonly quiet: string;
  readonly hot: string;
  readonly band: string;
  readonly line: string;
  readonly font: string;
}

/** The colours that hold now, light or dark. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read('--ink-soft'),
    quiet: read('--chart-quiet'),
    hot: read('--heat-strong'),
    band: read('--chart-band'),
    line: read('--ink'),
    font: `11px ${style.fontFamily}`,
  };
}
