import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { launchBrowser } from '../../test/services/browser.ts';

const FOLDER = import.meta.dirname;
const ROOT = join(FOLDER, '../..');
const IMAGES = join(ROOT, 'docs/images');
const PAGE = join(FOLDER, 'page');
const VIEWPORT = { width: 920, height: 500 };
const DEADLINE_MS = 30_000;

/** What a picture is to show, and what must be seen before it is taken. */
interface Picture {
  readonly name: string;
  /** Where the rule file is changed before, as somebody who writes would. */
  readonly change?: readonly [before: string, after: string];
  /** The pointer is put behind this. */
  readonly behind: string;
  readonly show: 'proposals' | 'hover';
  readonly expect: readonly string[];
}

const PICTURES: readonly Picture[] = [
  {
    name: 'editor-completion',
    change: ['{concept: power_seeking}', '{concept: p}'],
    behind: 'keeps:\n        signal: {concept: p',
    show: 'proposals',
    expect: ['power_seeking', 'prompt_injection', 'keeping or gaining access'],
  },
  {
    name: 'editor-hover',
    behind: 'rarer',
    show: 'hover',
    expect: ['at most one in 2,000 ordinary segments'],
  },
  {
    name: 'editor-mistake',
    change: ['rarer_than', 'rarer_then'],
    behind: 'rarer',
    show: 'hover',
    expect: ['Property rarer_then is not allowed'],
  },
];

/** `npm run docs:editor`: takes the pictures of a rule file in the editor of VS Code, for the reference of rules. */
async function main(): Promise<void> {
  if (!existsSync(join(FOLDER, 'node_modules'))) {
    execFileSync('npm', ['ci'], { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' });
  }
  const out = await mkdtemp(join(tmpdir(), 'telltale-editor-'));
  const built = { outDir: out, emptyOutDir: true, chunkSizeWarningLimit: 20_000 };
  const site = { root: PAGE, configFile: false, logLevel: 'error', build: built } as const;
  await build({ ...site, worker: { format: 'es' } });
  const server = await preview({ ...site, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await launchBrowser();
  try {
    for (const picture of PICTURES) await takePicture(browser, addressOf(server), picture);
  } finally {
    await browser.close();
    await server.close();
    await rm(out, { recursive: true, force: true });
  }
}

function addressOf({ resolvedUrls }: PreviewServer): string {
  const [url] = resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error('the page of the editor is served nowhere');
  return url;
}

/** What the command prints, to the letter. */
function printedSchema(): unknown {
  const command = ['--disable-warning=ExperimentalWarning', 'gateway/cli.ts', 'rules', 'schema', '--json'];
  return JSON.parse(
    execFileSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 24 }),
  );
}

async function takePicture(browser: Browser, url: string, picture: Picture): Promise<void> {
  const { name, change = ['', ''], behind, show, expect } = picture;
  const text = readFileSync(join(FOLDER, 'team.yaml'), 'utf8').replace(...(change as [string, string]));
  const context = await browser.newContext({ viewport: VIEWPORT, deviceScaleFactor: 1.5 });
  const page = await context.newPage();
  await page.addInitScript(`window.shown = ${JSON.stringify({ schema: printedSchema(), text })}`);
  await page.goto(url);
  await page.locator('.view-line').first().waitFor();
  await putPointer(page, text.indexOf(behind) + behind.length);
  if (change[0] !== '')
    await page.locator('.squiggly-warning, .squiggly-error').first().waitFor({ timeout: DEADLINE_MS });
  await (show === 'proposals' ? showProposals(page) : showHover(page));
  const widget = page.locator(show === 'proposals' ? '.suggest-widget, .suggest-details' : '.monaco-hover');
  for (const words of expect) {
    await widget.getByText(words).first().waitFor({ timeout: DEADLINE_MS });
  }
  await page.screenshot({ animations: 'disabled', path: join(IMAGES, `${name}.png`) });
  await context.close();
}

async function putPointer(page: Page, offset: number): Promise<void> {
  await page.evaluate(`
    editor.setPosition(editor.getModel().getPositionAt(${offset}));
    editor.focus();
  `);
}

/** Opens the proposals, and what the one under the pointer means. */
async function showProposals(page: Page): Promise<void> {
  await page.evaluate(`editor.trigger('picture', 'editor.action.triggerSuggest', {})`);
  await page.locator('.suggest-widget .monaco-list-row').first().waitFor({ timeout: DEADLINE_MS });
  await page.evaluate(`editor.trigger('picture', 'toggleSuggestionDetails', {})`);
}

async function showHover(page: Page): Promise<void> {
  await page.evaluate(`editor.trigger('picture', 'editor.action.showHover', {})`);
}

await main();
