import type { QueryRange } from '../../test/services/prometheus.ts';
import { escapeXml, svg } from '../charts/svg.ts';
import { drawPanel } from './draw-panel.ts';
import type { DashboardJson, PanelData } from './read-panels.ts';

/** Columns of Grafana's grid, and how large one place of it is drawn. */
const COLUMNS = 24;
const UNIT = { width: 50, height: 27 };
const GAP = 8;
const HEAD = 44;

/** A dashboard's panels where its JSON puts them. SVG. */
export function drawDashboard(
  { title }: DashboardJson,
  panels: readonly PanelData[],
  range: QueryRange,
): string {
  const bottom = Math.max(...panels.map(({ panel }) => panel.gridPos.y + panel.gridPos.h));
  const size = { width: COLUMNS * UNIT.width + GAP, height: HEAD + bottom * UNIT.height + GAP };
  const drawn = panels.map((data) => {
    const { x, y, w, h } = data.panel.gridPos;
    const box = {
      x: GAP + x * UNIT.width,
      y: HEAD + y * UNIT.height,
      width: w * UNIT.width - GAP,
      height: h * UNIT.height - GAP,
    };
    return drawPanel(data, box, range);
  });
  const head = `<rect width="${size.width}" height="${size.height}" fill="#f4f5f8"/>
<text x="${GAP + 4}" y="28" font-size="17" font-weight="600" fill="#24292e">${escapeXml(title)}</text>
<text x="${size.width - GAP - 4}" y="28" text-anchor="end" fill="#5a6370">drawn from the dashboard's own queries on a running Prometheus, not by Grafana</text>`;
  return svg(size, title, [head, ...drawn]);
}
