import { ENGINE_VERSION } from './version-range.ts';

/** The part of the rule reference on files: those that change others, what is read, what is refused, and editors. */
export const FILES = `## A team's changes to rules of other files

Shipped rules stay as they are; what a team wants otherwise stands in files of its own, read together with them
(\`TELLTALE_RULES=shipped,/etc/my-rules\`). \`overrides\` change a rule, \`filters\` make rules quiet:

\`\`\`yaml fragment
overrides:
  - rule: deception
    override: replace
    mode: enforce
  - rule: deception
    override: append
    detection:
      refuses: {signal: {concept: refusal}, rarer_than: 1/20}
    condition: and not refuses
filters:
  - name: load-tests
    description: Canned answers of the load tests.
    rules: [deception, 0c1f6a52-7d8e-4c0b-9a34-5be1f0d27a11]
    detection:
      load_test: {field: tenant, startswith: load-}
    condition: load_test
\`\`\`

Overrides are made in the order of files and lines. \`append\` makes the lists of a rule longer, adds conditions under
\`detection\`, and lets \`condition\` go on after the whole old expression. \`replace\` puts what is given in place of what
was; of \`detection\`, only the conditions of the same names. Macros are looked up as in the rule's own file. A filter's
conditions are its own, whatever a rule calls its conditions; a filter on signals is decided when the segment ends.
A rule, or a condition, that is not there is an error: a change that changes nothing would be believed.

## Files

\`telltale\` reads every \`*.yaml\` and \`*.yml\` below the rule directory; names that begin with a dot are passed over.
Links are followed, but not back to a folder that holds them; a pipe or a device among the files is refused. At most 1,000 files.
Files are YAML 1.2 in UTF-8: one document, no merge keys, no custom tags, at most 256 KiB, 32 levels and 64 aliases.
All files are loaded or none: while running, a broken set leaves the old one in place. \`required_engine\` names the
versions of the rule language that can read the file; this is ${ENGINE_VERSION}.

## Bad input

What is wrong is told with file, line, column, the value and what would be right: a key or a name that is not known (with
the nearest known one), a featureset, an engine or a feature that is not there, a rate that the calibration cannot carry
(with the number of segments that are missing), macros and correlations in a circle, a regular expression that is no RE2 or
too large, two rules with one id, a correlation on a rule that is off, a file over the bounds above. What has been tried
against parser and compiler, in \`test/rules\`, with each run of the tests:

| tried | how much | what must hold |
|---|---|---|
| the YAML suite's bad files | 94 | each refused at line and column, for its syntax |
| written by hand against the parser: deep brackets, a billion laughs, a list within itself, a thousand aliases, bytes that are not UTF-8, \`__proto__\` as a key and others | 16 | refused at their place |
| a right file with up to three cuts and insertions anywhere | 300 at random | loaded, or refused at a place within the file |
| one of three rules cut or filled at one place | 200 at random | what is told outside it is of syntax alone |
| any keys and values of the schema in any company: conditions, macros, exceptions, overrides, correlations, their tests | 200 at random | refused at a place within the file, or evaluated without a fault, over segments, exchange and events |
| any condition expressions, and macros that name each other | 360 at random | parsed or refused at a place, and never without end |
| any JSON for the state of correlations | 100 at random | taken whole or refused with its place |

## In VS Code

With the extension YAML (\`redhat.vscode-yaml\`), which runs the YAML language server, VS Code completes keys and
values, shows what a key means when the pointer rests on it, and marks what the schema refuses, while a rule is
written. Of a signal it proposes the concepts, probes and labels of features of your featureset, each with what it stands
for; under \`rules\` *a new rule*, with a fresh id, the date and two tests, and under \`detection\` a condition.

![The proposals behind concept: those with a p, and what power_seeking stands for](images/editor-completion.png)

![The pointer rests on rarer_than: what the key means](images/editor-hover.png)

![rarer_than misspelt: underlined, with the message that there is no such property](images/editor-mistake.png)

The pictures are of Monaco, which is the editor of VS Code, with yaml-language-server, which is the language server of
the extension YAML; VS Code itself has more around it. \`npm run docs:editor\` takes them, of \`docs/editor/team.yaml\` and
of the schema that \`telltale rules schema\` prints.

The server takes the schema from a comment at the top of a file, with a path from the file itself; the shipped files
begin with

\`\`\`
# yaml-language-server: $schema=../schema.json
\`\`\`

For rules that are kept elsewhere write the schema beside them with
\`npm run -s telltale -- rules schema > rules.schema.json\` and begin each file with
\`# yaml-language-server: $schema=rules.schema.json\`; other editors that run the same server read the same comment.
Or name it once for all in \`.vscode/settings.json\`:

\`\`\`json
{"yaml.schemas": {"./rules.schema.json": "rules/**/*.yaml"}}
\`\`\`

The schema has the names of the featureset that \`TELLTALE_MODEL\` names, else of the one that comes with Telltale; write
it again when the featureset changes. With \`--any-featureset\` it leaves names open, for rules of several. Which rates
the calibration carries, whether a label is the right one, and what an expression names only \`telltale rules check\` can
tell.

`;
