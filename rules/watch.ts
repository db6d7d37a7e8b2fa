import type { Featureset } from '../detectors/index.ts';
import { digestOfTexts } from './compile.ts';
import { createDirectoryWatch, type DirectoryWatch } from './directory-watch.ts';
import { compileFiles } from './load.ts';
import { type ReadFiles, readRuleFiles } from './read-files.ts';
import type { LoadResult, RuleProblem, RuleSet } from './types.ts';
import { withLanguages } from './with-languages.ts';

export interface RuleWatcherParts {
  readonly paths: readonly string[];
  readonly featureset: Featureset;
  /** The set that is running. */
  readonly ruleSet: RuleSet;
  /** A changed set is right and replaces the old one; also called when a broken set was put back as it was. */
  readonly onRuleSet: (ruleSet: RuleSet) => void;
  /** A changed set is broken; the old one stays. Called once for each content. */
  readonly onProblems: (problems: readonly RuleProblem[]) => void;
  /** Quiet time after a change before files are read; default 150. A steady stream of changes is cut at ten times. */
  readonly debounceMs?: number;
  /** How often files are read without any notice of change, for file systems that give none; default 10,000. */
  readonly pollMs?: number;
}

export interface RuleWatcher {
  /** The set that is running. */
  readonly ruleSet: RuleSet;
  /** Reads the files now, whether or not they changed (SIGHUP). Calls back like a change. */
  reload(): Promise<LoadResult>;
  /** Stops watching; resolves when no callback can come any more. */
  close(): Promise<void>;
}

/** Keeps a rule set up to date with its files, all of them or none: a broken set leaves the running one in place.
 *  Notices atomic renames, swapped symbolic links (a mounted ConfigMap) and many files written at once. */
export async function createRuleWatcher(parts: RuleWatcherParts): Promise<RuleWatcher> {
  const { paths, debounceMs = 150, pollMs = 10_000 } = parts;
  let work: Promise<unknown> = Promise.resolve();
  const debounce = createDebounce(debounceMs, () => void enqueue(false));
  const directories = createDirectoryWatch(paths, debounce.touch);
  const reloader = createReloader(parts, directories);
  const poll = setInterval(() => void enqueue(false), pollMs).unref();

  function enqueue(isForced: boolean): Promise<LoadResult> {
    const result = work.then(() => reloader.refresh(isForced));
    work = result.catch(() => undefined);
    return result;
  }

  await enqueue(false);
  return {
    get ruleSet() {
      return reloader.ruleSet();
    },
    reload: () => enqueue(true),
    close: async () => {
      reloader.close();
      clearInterval(poll);
      debounce.close();
      directories.close();
      await work;
    },
  };
}

/** Holds the running set; `refresh` reads the files and replaces it where they changed and are right. */
function createReloader(parts: RuleWatcherParts, directories: DirectoryWatch) {
  const { paths, featureset } = parts;
  let ruleSet = parts.ruleSet;
  let seen = ruleSet.digest;
  let isClosed = false;

  async function refresh(isForced: boolean): Promise<LoadResult> {
    const unchanged: LoadResult = { ok: true, ruleSet };
    if (isClosed) return unchanged;
    // Armed before the files are read: what changes meanwhile is noticed again.
    await directories.arm();
    const files = await readRuleFiles(paths);
    const digest = contentDigest(files, featureset);
    if (isClosed || (!isForced && digest === seen)) return unchanged;
    seen = digest;
    const result = await withLanguages(compileFiles(files, featureset));
    if (isClosed) return unchanged;
    if (result.ok) {
      ruleSet = result.ruleSet;
      parts.onRuleSet(ruleSet);
    } else parts.onProblems(result.problems);
    return result;
  }

  return {
    refresh,
    ruleSet: () => ruleSet,
    close: () => {
      isClosed = true;
    },
  };
}

function contentDigest({ sources, calibrations = [], problems }: ReadFiles, featureset: Featureset): string {
  const texts = [...sources, ...calibrations].map(({ text }) => text);
  const trouble = problems.map(({ file, message }) => `${file}: ${message}`);
  return digestOfTexts(featureset, [...texts, ...trouble]);
}

function createDebounce(quietMs: number, run: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let firstAt = 0;
  const fire = () => {
    timer = undefined;
    run();
  };
  return {
    touch: () => {
      const now = performance.now();
      if (timer === undefined) firstAt = now;
      clearTimeout(timer);
      const latest = Math.max(0, firstAt + 10 * quietMs - now);
      timer = setTimeout(fire, Math.min(quietMs, latest)).unref();
    },
    close: () => clearTimeout(timer),
  };
}
