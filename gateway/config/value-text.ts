/** What is read of a JSON Schema. */
export interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly additionalProperties?: Shape | boolean;
}

/** Which values a setting may have, in words. */
export function valueText(shape: Shape): string {
  const kinds = shape.anyOf ?? shape.oneOf;
  if (kinds !== undefined) return [...new Set(kinds.map(valueText))].join(' or ');
  if (shape.const !== undefined) return `\`${JSON.stringify(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (shape.items !== undefined) return `list of ${valueText(shape.items)}`;
  if (shape.type === 'integer' || shape.type === 'number') return numberText(shape);
  if (shape.type === 'boolean') return '`true`, `false`';
  if (shape.type === 'null') return '`null`';
  return shape.type === 'object' ? 'object' : (shape.format ?? 'text');
}

function numberText({ type, minimum, maximum, exclusiveMinimum }: Shape): string {
  const least = exclusiveMinimum === undefined ? minimum : `more than ${exclusiveMinimum}`;
  const bounds = [least, maximum].filter((bound) => bound !== undefined);
  return `${type === 'integer' ? 'whole number' : 'number'}, ${bounds.join(' to ')}`;
}
