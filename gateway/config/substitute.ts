import { type Document, isScalar, parseDocument, type Scalar, visit } from 'yaml';

/** A `${NAME}` that nothing stands for. */
export interface Unset {
  readonly variable: string;
  /** Offset of the value in the file. */
  readonly offset: number;
}

/** `$${` is a `${` that stays; `${NAME}`; `${NAME:-what holds where NAME is empty}`. */
const PLACEHOLDER = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

/** Puts the environment's values into a file's own, in place. A value that is one placeholder and not quoted gets the
 *  type that its text has in YAML, so that ports stay numbers; keys and comments stay as they are. */
export function substituteEnvironment(document: Document, env: NodeJS.ProcessEnv): Unset[] {
  const unset: Unset[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const offset = node.range?.[0] ?? 0;
      const text = node.value.replace(PLACEHOLDER, (whole, name?: string, otherwise?: string) => {
        if (name === undefined) return '${';
        const value = env[name] || otherwise;
        if (value === undefined) unset.push({ variable: name, offset });
        return value ?? whole;
      });
      node.value = isOnePlaceholder(node) ? typed(text) : text;
    },
  });
  return unset;
}

function isOnePlaceholder({ type, value }: Scalar): boolean {
  return type === 'PLAIN' && /^\$\{[^}]*\}$/.test(String(value));
}

/** A number, truth value or null where the text is one in YAML, else the text. */
function typed(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  const value = contents === null ? null : isScalar(contents) ? contents.value : text;
  return errors.length > 0 || typeof value === 'string' ? text : value;
}
