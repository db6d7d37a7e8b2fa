import type uPlot from 'uplot';
import type { Palette } from './palette.ts';

/** Paint that is quiet below the threshold and strong above it. */
export function splitAtThreshold(plot: uPlot, threshold: number, palette: Palette): CanvasGradient | string {
  const { top, height } = plot.bbox;
  const at = (plot.valToPos(threshold, 'y', true) - top) / height;
  if (!Number.isFinite(at)) return palette.quiet;
  const edge = Math.max(0, Math.min(1, at));
  const paint = plot.ctx.createLinearGradient(0, top, 0, top + height);
  paint.addColorStop(0, palette.hot);
  paint.addColorStop(edge, palette.hot);
  paint.addColorStop(edge, palette.quiet);
  paint.addColorStop(1, palette.quiet);
  return paint;
}

/** The tokens of the finding, as a band behind the values; on the axis the first token is 1. */
export function drawBand(
  plot: uPlot,
  { firstToken, lastToken }: { firstToken: number; lastToken: number },
  palette: Palette,
): void {
  const left = plot.valToPos(firstToken + 0.5, 'x', true);
  const right = plot.valToPos(lastToken + 1.5, 'x', true);
  plot.ctx.fillStyle = palette.band;
  plot.ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height);
}

/** The threshold as a dashed line; the axis tells its value. */
export function drawThreshold(plot: uPlot, threshold: number, palette: Palette): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(threshold, 'y', true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
