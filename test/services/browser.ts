import { type Browser, chromium } from 'playwright-core';
import { requireProgram } from './system-program.ts';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

// Without a sandbox, because tests run as root in containers; nothing of the browser's own leaves loopback.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const LAUNCH_TIMEOUT_MS = 180_000;

/** Starts the system's Chromium, headless, with a new profile; the caller closes it.
 *  `CHROMIUM_PATH` names another one. As root on Debian it is installed when it is missing.
 *  @throws Error in one clear line when there is no Chromium */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireBrowser(),
    headless: true,
    args: FLAGS,
    timeout: LAUNCH_TIMEOUT_MS,
  });
}

/** The path of Chromium. */
export function requireBrowser(): string {
  return process.env['CHROMIUM_PATH'] ?? requireProgram(PROGRAMS, ['chromium']);
}
