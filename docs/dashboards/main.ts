import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { launchBrowser } from '../../test/services/browser.ts';
import type { Prometheus, QueryRange } from '../../test/services/prometheus.ts';
import { drawDashboard } from './draw-dashboard.ts';
import { type DashboardJson, readPanel } from './read-panels.ts';
import { type Stage, setStage } from './stage.ts';
import { sendTraffic } from './traffic.ts';

const IMAGES = join(import.meta.dirname, '../images');
const SCRAPE_SECONDS = 5;
const STEP_SECONDS = 5;
/** What happens meanwhile, in seconds from the beginning. */
const PLOT = { reload: 40, brokerStops: 70, brokerIsBack: 125, rulesBreak: 145, end: 270 };
const FIRING = 'TelltaleRulesReloadFailed';
const FIRING_TIMEOUT_MS = 120_000;

/** `npm run docs:dashboards`: takes pictures of the dashboards and of Prometheus' alerts, of minutes of traffic through
 *  a running Telltale. */
async function main(): Promise<void> {
  const stage = await setStage(SCRAPE_SECONDS);
  const stop = new AbortController();
  const start = now();
  const traffic = Promise.all(
    [stage.gatewayUrl, stage.handingUrl].map((url) => sendTraffic(url, stop.signal)),
  );
  try {
    await Promise.race([happen(stage, start, stop.signal), traffic]);
    await untilFiring(stage.prometheus);
    const range = { start, end: now(), step: STEP_SECONDS };
    await drawAll(stage.prometheus, range);
    await pictureAlerts(stage.prometheus);
    stop.abort();
    const answered = await traffic;
    process.stdout.write(`${answered.join(' and ')} requests answered in ${range.end - range.start} s\n`);
  } finally {
    stop.abort();
    // Where it has failed, that is thrown already, or something before it.
    await Promise.allSettled([traffic]);
    await stage.close();
  }
}

/** A reload, a broker that is down for a while, and rule files that are broken until the end. */
async function happen({ broker, writeRules }: Stage, start: number, signal: AbortSignal): Promise<void> {
  const at = (seconds: number) =>
    sleep(Math.max(0, (start + seconds) * 1000 - Date.now()), undefined, { signal });
  await at(PLOT.reload);
  await writeRules('changed');
  await at(PLOT.brokerStops);
  await broker.stop();
  await at(PLOT.brokerIsBack);
  await broker.restart();
  await at(PLOT.rulesBreak);
  await writeRules('broken');
  await at(PLOT.end);
}

async function untilFiring(prometheus: Prometheus): Promise<void> {
  const deadline = Date.now() + FIRING_TIMEOUT_MS;
  while (!(await prometheus.alertsIn('firing')).includes(FIRING)) {
    if (Date.now() > deadline) throw new Error(`${FIRING} does not fire though the rule files are broken`);
    await sleep(1000);
  }
}

async function drawAll(prometheus: Prometheus, range: QueryRange): Promise<void> {
  for (const [path, content] of dashboardFiles()) {
    const dashboard = JSON.parse(content) as DashboardJson;
    const name = path.replace(/^.*\/|\.json$/g, '');
    const read = dashboard.panels.map((panel) =>
      readPanel(prometheus, panel, { range, scrapeSeconds: SCRAPE_SECONDS }),
    );
    const panels = await Promise.all(read);
    const empty = panels.filter(({ lines }) => lines.length === 0).map(({ panel }) => panel.title);
    process.stdout.write(
      `${name}: ${empty.length === 0 ? 'all panels have data' : `no data: ${empty.join('; ')}`}\n`,
    );
    await writeFile(join(IMAGES, `dashboard-${name}.svg`), drawDashboard(dashboard, panels, range));
  }
}

/** Prometheus' own page of alerts, with what fires opened. */
async function pictureAlerts({ url }: Prometheus): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 760 } });
    await page.goto(`${url}/classic/alerts`);
    await page.getByText(FIRING).first().click();
    await page.getByText('firing').first().waitFor();
    await page.screenshot({ animations: 'disabled', path: join(IMAGES, 'prometheus-alerts.png') });
  } finally {
    await browser.close();
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000 / STEP_SECONDS) * STEP_SECONDS;
}

await main();
