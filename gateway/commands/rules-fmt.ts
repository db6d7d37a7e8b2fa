import { formatProblems, formatRules } from '../../rules/index.ts';
import { type Call, defineCommand, UsageError, writeJson } from './command.ts';
import { replaceFile } from './replace-file.ts';

const MAX_PATHS = 1_000;
const options = { check: { type: 'boolean' }, json: { type: 'boolean' } } as const;

/** `telltale rules fmt`: rule files in canonical order and layout. */
export const rulesFmtCommand = defineCommand({
  name: 'rules fmt',
  summary: 'Bring rule files into canonical order and layout',
  usage: 'PATH … [--check] [--json]',
  details: `
PATH     files or folders of rules
--check  write nothing; exit code 1 where a file would change

Keys come in the order of the reference, an empty line stands between rules; comments stay with what they stand before or
behind. A file whose meaning or comments would not survive is left alone and named, with exit code 1.`,
  options,
  maxPositionals: MAX_PATHS,
  run: runFormat,
});

async function runFormat({ values, positionals, io }: Call<typeof options>): Promise<number> {
  if (positionals.length === 0) throw new UsageError('rules fmt: a file or folder is needed');
  const { files, problems } = await formatRules(positionals);
  const changed = files.filter(({ text, formatted }) => text !== formatted);
  if (!values.check) for (const file of changed) await replaceFile(file.file, file.formatted);
  io.stderr.write(formatProblems(problems, { isColoured: io.errorsHaveColours }));
  const names = changed.map(({ file }) => file);
  const ok = problems.length === 0 && !(values.check && changed.length > 0);
  if (values.json) writeJson(io, { ok, files: files.length, changed: names, problems });
  else {
    const verb = values.check ? 'would change' : 'changed';
    io.stdout.write(
      `${names.map((name) => `${name}\n`).join('')}${names.length} of ${files.length} files ${verb}\n`,
    );
  }
  return ok ? 0 : 1;
}
