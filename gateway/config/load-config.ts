import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { GatewayError } from '../gateway-error.ts';
import { mistypedVariables, readEnvironment } from './environment.ts';
import { nearest } from './nearest.ts';
import { type Config, configSchema } from './schema.ts';

interface Sources {
  readonly file: string | null;
  readonly document: Document | null;
  readonly lines: LineCounter;
  /** Variable by dotted path. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Reads the file that TELLTALE_CONFIG names, if it names one, and lays the environment over it.
 *  @throws {GatewayError} CONFIG with every problem at once, each naming variable or file:line:column, and the value */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const file = env['TELLTALE_CONFIG'] || null;
  const lines = new LineCounter();
  const document = file === null ? null : readDocument(file, lines);
  const settings = (document?.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
  const variables = new Map<string, string>();
  for (const { setting, variable, value } of readEnvironment(env)) {
    variables.set(setting.path.join('.'), variable);
    assign(settings, setting.path, value);
  }
  const parsed = configSchema.safeParse(settings);
  const sources = { file, document, lines, variables };
  const problems = [
    ...mistypedVariables(env).map(
      ({ variable, meant }) =>
        `${variable}: no such setting (its value is ${JSON.stringify(env[variable])}); did you mean ${meant}?`,
    ),
    ...(parsed.error?.issues ?? []).flatMap((issue) => describe(issue, settings, sources)),
  ];
  if (parsed.data === undefined || problems.length > 0) throw configError(problems);
  return parsed.data;
}

function readDocument(file: string, lines: LineCounter): Document {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw configError([`TELLTALE_CONFIG: cannot read ${file}: ${(cause as Error).message}`], cause);
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw configError(
      document.errors.map((error) => `${file}:${place(lines, error.pos[0])}: ${error.message}`),
      document.errors[0],
    );
  }
  return document;
}

function configError(problems: readonly string[], cause?: unknown): GatewayError {
  const heading =
    problems.length === 1 ? 'the configuration has a problem' : 'the configuration has problems';
  return new GatewayError('CONFIG', `${heading}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, {
    fields: { problems },
    cause,
  });
}

function describe(issue: z.core.$ZodIssue, settings: object, sources: Sources): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const hint = nearest(key, knownKeys(issue.path));
      return `${where(path, sources)}: unknown key ${path.join('.')}${hint === null ? '' : `; did you mean ${hint}?`}`;
    });
  }
  const value = JSON.stringify(valueAt(settings, issue.path)) ?? 'nothing';
  return [`${where(issue.path, sources)}: ${issue.path.join('.')} is ${value}: ${issue.message}`];
}

/** The variable that set the value, else the line that did. */
function where(path: readonly PropertyKey[], { file, document, lines, variables }: Sources): string {
  for (let length = path.length; length > 0; length--) {
    const variable = variables.get(path.slice(0, length).join('.'));
    if (variable !== undefined) return variable;
  }
  if (document === null || file === null) return 'configuration';
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range !== undefined) return `${file}:${place(lines, node.range[0])}`;
  }
  return file;
}

function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  return Object.keys((valueAt(configSchema.parse({}), path) as object | undefined) ?? {});
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    root,
  );
}

function assign(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const inner = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => {
    const next = at[key];
    const usable = next !== null && typeof next === 'object' && !Array.isArray(next);
    if (!usable) at[key] = {};
    return at[key] as Record<string, unknown>;
  }, root);
  inner[path.at(-1) ?? ''] = value;
}
