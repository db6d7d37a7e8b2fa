import type { QueryRange } from '../../test/services/prometheus.ts';
import { escapeXml } from '../charts/svg.ts';
import { drawLines } from './draw-lines.ts';
import type { PanelData, PanelLine, ThresholdStep } from './read-panels.ts';
import { withUnit } from './units.ts';

/** Where a panel stands, in the picture's units. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Names of colours of thresholds, as they are drawn. */
export const THRESHOLD_COLOURS: Readonly<Record<string, string>> = { green: '#299c46', red: '#d44a3a' };

const MAX_ROWS = 8;
const ROW_HEIGHT = 18;

/** A panel with its frame and title. */
export function drawPanel(data: PanelData, box: Box, range: QueryRange): string {
  const { panel, lines } = data;
  const { x, y, width, height } = box;
  const frame = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="#fff" stroke="#d5dae1"/>`;
  const title = `<text x="${x + 12}" y="${y + 21}" font-weight="600" fill="#24292e">${escapeXml(panel.title)}</text>`;
  const inner = { x: x + 12, y: y + 32, width: width - 24, height: height - 40 };
  return [frame, title, lines.length === 0 ? nothing(inner) : DRAW[panel.type](data, inner, range)].join(
    '\n',
  );
}

const DRAW = { timeseries: drawLines, stat: drawStat, table: drawTable };

function nothing({ x, y, width, height }: Box): string {
  return `<text x="${x + width / 2}" y="${y + height / 2}" text-anchor="middle" fill="#8e96a0">No data</text>`;
}

/** Each line's last value, large, in the colour of the threshold that it has passed. */
function drawStat({ panel, lines }: PanelData, { x, y, width, height }: Box): string {
  const { unit, thresholds } = panel.fieldConfig.defaults;
  const share = width / lines.length;
  const size = Math.min(44, share / 4);
  return lines
    .map((line, index) => {
      const value = lastOf(line);
      const middle = x + share * (index + 0.5);
      const number = `<text x="${middle}" y="${y + height / 2 + 8}" text-anchor="middle" font-size="${size.toFixed(0)}" font-weight="600" fill="${colourOf(value, thresholds.steps)}">${escapeXml(withUnit(value, unit))}</text>`;
      const name = `<text x="${middle}" y="${y + height / 2 + 32}" text-anchor="middle" fill="#5a6370">${escapeXml(line.name)}</text>`;
      return `${number}\n${name}`;
    })
    .join('\n');
}

function lastOf({ values }: PanelLine): number {
  return values.at(-1)?.[1] ?? Number.NaN;
}

function colourOf(value: number, steps: readonly ThresholdStep[]): string {
  const passed = steps.filter((step) => step.value === null || value >= step.value).at(-1);
  return THRESHOLD_COLOURS[passed?.color ?? ''] ?? '#24292e';
}

/** The labels of each line, in columns. */
function drawTable({ lines }: PanelData, { x, y, width }: Box): string {
  const columns = Object.keys(lines[0]?.labels ?? {});
  const at = (index: number) => (x + (index * width) / columns.length).toFixed(1);
  const row = (texts: readonly string[], place: number, style: string) =>
    texts
      .map(
        (text, index) =>
          `<text x="${at(index)}" y="${y + 12 + place * ROW_HEIGHT}" font-size="12" ${style}>${escapeXml(text)}</text>`,
      )
      .join('\n');
  const shown = lines.slice(0, MAX_ROWS).map(({ labels }, index) =>
    row(
      columns.map((column) => labels[column] ?? ''),
      index + 1,
      'fill="#24292e"',
    ),
  );
  const rest = lines.length - MAX_ROWS;
  const more = rest > 0 ? [row([`… ${rest} more`], MAX_ROWS + 1, 'fill="#8e96a0"')] : [];
  return [row(columns, 0, 'fill="#5a6370" font-weight="600"'), ...shown, ...more].join('\n');
}
