import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { requireProgram } from './system-program.ts';

const POM = resolve(import.meta.dirname, 'kafka.pom.xml');
const CACHE = resolve(import.meta.dirname, '../../.cache/kafka');
const JARS = join(CACHE, 'jars-4.4.0');
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const DOWNLOAD_TIMEOUT_MS = 240_000;

/** The folder with the broker's jars (45 files, 43 MB), fetched by Maven the first time.
 *  Test files that ask at the same time each fetch into a folder of their own; the first to finish wins. */
export async function kafkaJars(): Promise<string> {
  if (existsSync(JARS)) return JARS;
  const maven = requireProgram(['mvn'], ['default-jre-headless', 'maven']);
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(join(CACHE, 'fetch-'));
  const args = ['-q', '-B', '-f', POM, PLUGIN, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
  try {
    await promisify(execFile)(maven, args, { timeout: DOWNLOAD_TIMEOUT_MS });
    await rename(fresh, JARS);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(JARS)) throw new Error(`Maven could not fetch the broker of ${POM}`, { cause: error });
  }
  return JARS;
}
