import { z } from 'zod';
import { LIST_EXAMPLES } from './list-examples.ts';
import { nearest } from './nearest.ts';
import { configSchema } from './schema.ts';
import type { Shape } from './value-text.ts';

/** Short names that stand beside the systematic ones. */
const SHORT_NAMES: Readonly<Record<string, readonly string[]>> = {
  'server.host': ['HOST'],
  'server.port': ['PORT'],
  'review.port': ['REVIEW_PORT'],
  'upstream.url': ['UPSTREAM_URL'],
  'proxy.http': ['http_proxy', 'HTTP_PROXY'],
  'proxy.https': ['https_proxy', 'HTTPS_PROXY'],
  'proxy.bypass': ['no_proxy', 'NO_PROXY'],
  'store.database_url': ['DATABASE_URL'],
  'kafka.brokers': ['KAFKA_BROKERS'],
  'kafka.topic': ['KAFKA_TOPIC'],
  'telemetry.otlp_endpoint': ['OTEL_EXPORTER_OTLP_ENDPOINT'],
};

/** One variable stands for all levels; that of a level is stronger. */
const ALL_LEVELS = 'TELLTALE_POLICY_ON_UNRECORDED';
const UNRECORDED = 'policy.on_unrecorded.';

/** One value of the configuration and the variables that set it, the strongest first. */
export interface Setting {
  readonly path: readonly string[];
  readonly variables: readonly string[];
  readonly standard: unknown;
}

/** Every setting: `limits.max_body_bytes` is set by TELLTALE_LIMITS_MAX_BODY_BYTES, and a few by a short name too. */
export const SETTINGS: readonly Setting[] = leaves(configSchema.parse({}), []).map(({ path, standard }) => {
  const systematic = `TELLTALE_${path.join('_').toUpperCase()}`;
  const name = path.join('.');
  const short = name.startsWith(UNRECORDED) ? [ALL_LEVELS] : (SHORT_NAMES[name] ?? []);
  return { path, standard, variables: [systematic, ...short] };
});

/** The values that the environment sets, with the variable that set each. An empty variable is as if unset. */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
): { setting: Setting; variable: string; value: unknown }[] {
  return SETTINGS.flatMap((setting) => {
    const variable = setting.variables.find((name) => (env[name] ?? '') !== '');
    if (variable === undefined) return [];
    return [{ setting, variable, value: fromText(env[variable] ?? '', setting) }];
  });
}

/** Variables that set nothing and are a typing mistake away from one that does. Others may be anybody's: an orchestrator
 *  names variables after its services. */
export function mistypedVariables(env: NodeJS.ProcessEnv): { variable: string; meant: string }[] {
  const known = ['TELLTALE_CONFIG', ...SETTINGS.flatMap(({ variables }) => variables)];
  return Object.keys(env)
    .filter((name) => name.startsWith('TELLTALE_') && !known.includes(name))
    .flatMap((variable) => {
      const meant = nearest(variable, known);
      return meant === null ? [] : [{ variable, meant }];
    });
}

const ROOT = z.toJSONSchema(configSchema, { io: 'input' }) as Shape;

/** Text that does not read as a type that the setting may have is left as it is, for the schema to refuse. */
function fromText(text: string, { path }: Pick<Setting, 'path'>): unknown {
  if (LIST_EXAMPLES.has(path.join('.'))) return fromJson(text);
  const types = typesOf(path.reduce<Shape | undefined>((shape, key) => shape?.properties?.[key], ROOT));
  if (text === 'null' && types.includes('null')) return null;
  if (types.includes('array')) return text.startsWith('[') ? fromJson(text) : listOf(text);
  if (types.includes('boolean')) return text === 'true' ? true : text === 'false' ? false : text;
  const mayBeNumber = types.includes('number') || types.includes('integer');
  return mayBeNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function typesOf(shape: Shape | undefined): string[] {
  const kinds = shape?.anyOf ?? shape?.oneOf;
  return kinds?.flatMap(typesOf) ?? [shape?.type ?? 'string'];
}

/** A list of texts as `a,b`. */
function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function leaves(value: object, path: readonly string[]): { path: readonly string[]; standard: unknown }[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? leaves(inner, [...path, key])
      : [{ path: [...path, key], standard: inner }],
  );
}
