import { CommandFailure } from './command.ts';
import { readText } from './read-text.ts';

/** All of them become tests in one file, which has a bound. */
const MAX_EXAMPLES = 500;

export interface InitExamples {
  /** Each text once. */
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
  /** How many were given before in the same file. */
  readonly repeated: number;
}

/** Reads examples, one a line. One that is given twice says no more than one, and would pass for more evidence than there is;
 *  one that is wanted and unwanted would be two tests of which one always fails.
 *  @throws {CommandFailure} naming the file and the line */
export async function readExamples(files: {
  readonly wanted: string;
  readonly unwanted: string;
}): Promise<InitExamples> {
  const [wanted, unwanted] = [await readLines(files.wanted), await readLines(files.unwanted)];
  for (const [text, line] of unwanted.lines) {
    const other = wanted.lines.get(text);
    if (other === undefined) continue;
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
    throw new CommandFailure(
      `${files.unwanted}:${line}: ${shown} is at ${files.wanted}:${other} as well; a text is wanted or unwanted, so take it out of one of them`,
    );
  }
  return {
    wanted: [...wanted.lines.keys()],
    unwanted: [...unwanted.lines.keys()],
    repeated: wanted.repeated + unwanted.repeated,
  };
}

/** The texts of a file, each with the line where it is first. */
async function readLines(file: string) {
  const text = await readText(file);
  const lines = new Map<string, number>();
  let repeated = 0;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const example = exampleOf(line.trim(), `${file}:${i + 1}`);
    if (lines.has(example)) repeated += 1;
    else lines.set(example, i + 1);
  }
  if (lines.size === 0) throw new CommandFailure(`${file}: holds no texts`);
  if (lines.size > MAX_EXAMPLES) {
    throw new CommandFailure(`${file}: holds ${lines.size} texts, more than ${MAX_EXAMPLES}`);
  }
  return { lines, repeated };
}

function exampleOf(line: string, place: string): string {
  if (!line.startsWith('"')) return line;
  try {
    const text: unknown = JSON.parse(line);
    if (typeof text === 'string' && text !== '') return text;
  } catch {
    // Said below.
  }
  throw new CommandFailure(
    `${place}: begins with " and is no JSON string; write the whole text as one, with \\" in it`,
  );
}
