import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repeatedly } from './repeatedly.ts';
import { requireProgram } from './system-program.ts';

const POM = resolve(import.meta.dirname, 'kafka.pom.xml');
const CACHE = resolve(import.meta.dirname, '../../.cache/kafka');
const JARS = join(CACHE, 'jars-4.4.0');
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const DOWNLOAD_TIMEOUT_MS = 600_000;

/** The folder with the broker's jars (45 files, 43 MB), fetched by Maven the first time.
 *  Test files that ask at the same time each fetch into a folder of their own; the first to finish wins.
 *  @throws Error with what Maven said */
export function kafkaJars(): string {
  if (existsSync(JARS)) return JARS;
  const maven = requireProgram(['mvn'], ['default-jre-headless', 'maven']);
  mkdirSync(CACHE, { recursive: true });
  repeatedly(`Maven fetches the broker of ${POM}`, () => fetchWith(maven));
  return JARS;
}

function fetchWith(maven: string): void {
  const fresh = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    // -U: what could not be had before is asked for again.
    const args = [
      '-q',
      '-B',
      '-U',
      '-f',
      POM,
      PLUGIN,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${fresh}`,
    ];
    const { status, error, stdout } = spawnSync(maven, args, {
      encoding: 'utf8',
      timeout: DOWNLOAD_TIMEOUT_MS,
    });
    if (status !== 0) throw new Error(error?.message ?? stdout.trim().slice(0, 2_000));
    takePlace(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function takePlace(fresh: string): void {
  try {
    renameSync(fresh, JARS);
  } catch (error) {
    if (!existsSync(JARS)) throw error;
  }
}
