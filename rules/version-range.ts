/** Version of the rule language that this program evaluates: raised with every key that older ones do not know. */
export const ENGINE_VERSION = '1.2.0';

type Version = readonly [major: number, minor: number, patch: number];

/** One bound; all of a range must hold. */
interface Bound {
  readonly operator: '<' | '<=' | '>' | '>=' | '=';
  readonly version: Version;
}

const PART = /^(>=|<=|>|<|=|\^|~)(\d{1,6}(?:\.\d{1,6}){0,2})$/;

/** Whether a text is a range of versions: bounds joined by spaces, such as `>=1.1 <2`, `^1.2`, `~1.2.3`. */
export function isRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Whether a version lies in a range; nothing lies in what is no range.
 *  `^1.2` is >=1.2 <2, `^0.1` is >=0.1 <0.2, `~1.2` is >=1.2 <1.3; missing parts are 0. */
export function isInRange(version: string, range: string): boolean {
  const number = parseVersion(version);
  return (parseRange(range) ?? NOTHING).every(({ operator, version: bound }) => {
    const order = compare(number, bound);
    return HOLDS[operator](order);
  });
}

const NOTHING: readonly Bound[] = [{ operator: '<', version: [0, 0, 0] }];

const HOLDS: Readonly<Record<Bound['operator'], (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '=': (order) => order === 0,
};

function parseRange(text: string): readonly Bound[] | undefined {
  const parts = text
    .trim()
    .split(/\s+/)
    .map((part) => PART.exec(part));
  const bounds = parts.flatMap((match) => (match === null ? [] : boundsOf(match[1] ?? '', match[2] ?? '')));
  return parts.includes(null) ? undefined : bounds;
}

function boundsOf(operator: string, text: string): Bound[] {
  const version = parseVersion(text);
  if (operator !== '^' && operator !== '~') return [{ operator: operator as Bound['operator'], version }];
  const [major, minor, patch] = version;
  const isMajorFixed = operator === '~' || major === 0;
  const isMinorFixed = operator === '^' && major === 0 && minor === 0;
  const below: Version = isMinorFixed
    ? [0, 0, patch + 1]
    : isMajorFixed
      ? [major, minor + 1, 0]
      : [major + 1, 0, 0];
  return [
    { operator: '>=', version },
    { operator: '<', version: below },
  ];
}

function parseVersion(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split(/[.+-]/, 3).map((part) => Number(part) || 0);
  return [major, minor, patch];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
