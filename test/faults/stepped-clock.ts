/** Loaded before a program (`--import`), in all its threads: its wall clock is off by the milliseconds that stand in the
 *  file FAULTS_CLOCK, as when somebody sets the clock while it runs. Monotonic time goes on as it was. */

import { readFileSync } from 'node:fs';

const path = process.env['FAULTS_CLOCK'] ?? '';
const LOOK_MS = 50;

let offsetMs = 0;
const look = (): void => {
  try {
    offsetMs = Number(readFileSync(path, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
};
look();
setInterval(look, LOOK_MS).unref();

const real = Date.now;
const now = (): number => real() + offsetMs;

globalThis.Date = new Proxy(Date, {
  apply: (target) => new target(now()).toString(),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
