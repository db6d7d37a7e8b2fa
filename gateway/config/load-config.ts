import { readFileSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { GatewayError } from '../gateway-error.ts';
import { everyLevel, isDecision } from './acting-schema.ts';
import { boundProblems } from './bound-problems.ts';
import type { Contradiction } from './contradiction.ts';
import { mistypedVariables, readEnvironment } from './environment.ts';
import { kafkaProblems } from './kafka-problems.ts';
import { LIST_EXAMPLES } from './list-examples.ts';
import { nearest } from './nearest.ts';
import { type Config, configSchema } from './schema.ts';
import { scoringProblems } from './scoring-problems.ts';
import { isSetIn } from './set-in.ts';
import { sinkProblems } from './sink-problems.ts';
import { substituteEnvironment } from './substitute.ts';
import { upstreamProblems } from './upstream-problems.ts';
import { withoutSecrets } from './without-secrets.ts';

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
  const unset = document === null ? [] : substituteEnvironment(document, env);
  const settings = (document?.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
  const variables = new Map<string, string>();
  // Over a file that is one text or a list nothing can be laid; the schema refuses it.
  const overlay = typeof settings === 'object' && !Array.isArray(settings) ? readEnvironment(env) : [];
  for (const { setting, variable, value } of overlay) {
    variables.set(setting.path.join('.'), variable);
    assign(settings, setting.path, value);
  }
  const parsed = configSchema.safeParse(settings);
  const sources = { file, document, lines, variables };
  const problems = [
    ...mistypedVariables(env).map(
      ({ variable, meant }) => `${variable}: no such setting; did you mean ${meant}?`,
    ),
    ...unset.map(
      ({ variable, offset }) =>
        `${file}:${place(lines, offset)}: \${${variable}} is not set, and no \${${variable}:-default} stands for it`,
    ),
    ...(parsed.error?.issues ?? []).flatMap((issue) => describe(issue, settings, sources)),
    ...(parsed.data === undefined ? [] : missingKeys(parsed.data, env, sources)),
    ...contradictions(parsed.data, settings).map(
      ({ path, message, beside }) =>
        `${where(path, sources)}: ${shownAt(parsed.data, path)}: ${message}${
          beside === undefined
            ? ''
            : `: ${shownAt(parsed.data, beside)} (${isSetIn(settings, beside) ? where(beside, sources) : 'its default'})`
        }`,
    ),
  ];
  if (parsed.data === undefined || problems.length > 0) throw configError(problems);
  return parsed.data;
}

/** What each setting allows and all of them together do not. */
function contradictions(config: Config | undefined, settings: object): Contradiction[] {
  if (config === undefined) return [];
  const looks = [
    ...scoringProblems(config, settings),
    ...upstreamProblems(config),
    ...boundProblems(config, settings),
    ...sinkProblems(config),
    ...kafkaProblems(config),
  ];
  return looks.filter((look) => look !== false);
}

/** A key that is to be sent is looked for at the start, not at the first request. */
function missingKeys({ upstream, upstreams }: Config, env: NodeJS.ProcessEnv, sources: Sources): string[] {
  const named = [
    { path: ['upstream', 'key_env'], variable: upstream.key_env },
    ...upstreams.map(({ key_env }, index) => ({ path: ['upstreams', index, 'key_env'], variable: key_env })),
  ];
  return named.flatMap(({ path, variable }) =>
    variable === null || variable === undefined || (env[variable] ?? '') !== ''
      ? []
      : [
          `${where(path, sources)}: ${path.join('.')} is ${JSON.stringify(variable)}: this variable is not set`,
        ],
  );
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
  const example = issue.code === 'invalid_type' ? LIST_EXAMPLES.get(issue.path.join('.')) : undefined;
  if (example !== undefined) {
    return [`${where(issue.path, sources)}: ${shownAt(settings, issue.path)}: must be a list, as ${example}`];
  }
  const value = valueAt(settings, issue.path);
  const meant = issue.code === 'invalid_value' ? nearest(String(value), issue.values.map(String)) : null;
  const hint = meant === null ? '' : `; did you mean ${meant}?`;
  return [`${where(issue.path, sources)}: ${shownAt(settings, issue.path)}: ${issue.message}${hint}`];
}

/** A setting by its path, and what it is; not where it may be a secret itself: the address of a webhook, or a key where
 *  the name of its variable belongs. */
function shownAt(settings: unknown, path: readonly PropertyKey[]): string {
  const name = path.length === 0 ? 'all of it' : path.join('.');
  const value = JSON.stringify(valueAt(settings, path));
  if (value === undefined) return `${name} is nothing`;
  const isSecret =
    (path[0] === 'sinks' && /url|\/\//.test(`${name} ${value}`)) || /_envs?(\.\d+)?$/.test(name);
  return `${name} is ${isSecret ? 'not shown' : withoutSecrets(value)}`;
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

/** The keys that an object at this path may have, those of a list's items too. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: Shape | undefined = z.toJSONSchema(configSchema, { io: 'input' }) as Shape;
  for (const key of path) {
    schema = typeof key === 'number' ? schema?.items : schema?.properties?.[String(key)];
  }
  return Object.keys(schema?.properties ?? {});
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    root,
  );
}

function assign(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = root;
  for (const [index, key] of path.slice(0, -1).entries()) {
    const next = spelledOut(at[key] ?? {}, path.slice(0, index + 1));
    // What a file has in the place of settings stays there, for the schema to refuse.
    if (typeof next !== 'object' || Array.isArray(next)) return;
    at[key] = next;
    at = next as Record<string, unknown>;
  }
  at[path.at(-1) ?? ''] = value;
}

/** One word for all levels of which a variable sets another. */
function spelledOut(value: unknown, path: readonly string[]): unknown {
  return path.join('.') === 'policy.on_unrecorded' && isDecision(value) ? everyLevel(value) : value;
}
