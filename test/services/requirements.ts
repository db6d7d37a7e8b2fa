import { requireBrowser } from './browser.ts';
import { requireJava } from './kafka.ts';
import { kafkaJars } from './kafka-jars.ts';
import { findPostgres } from './postgres.ts';
import { requirePrometheus } from './prometheus.ts';
import { requirePromtool } from './promtool.ts';
import { requireProgram } from './system-program.ts';

/** Finds all that tests stand on, and installs or fetches what is missing, one after another: inside a test it would count
 *  towards the test's time.
 *  @returns what is where, a line each
 *  @throws Error naming what cannot be had */
export function requireAll(): string[] {
  return [
    requireProgram(['openssl'], ['openssl']),
    requireProgram(['curl'], ['curl']),
    requireProgram(['strace'], ['strace']),
    requireBrowser(),
    requireJava(),
    kafkaJars(),
    findPostgres(),
    requirePromtool(),
    requirePrometheus(),
  ];
}
