/** What a rule may ask of an exchange and of a segment beside its text. */
export const FIELD_NAMES = [
  'route',
  'dialect',
  'model',
  'tenant',
  'caller',
  'language',
  'role',
  'target',
  'tool',
  'conversation',
] as const;

export type FieldName = (typeof FIELD_NAMES)[number];

/** The fields of one segment; a field that is not known is null or absent, and no comparison with it holds. */
export type Fields = Readonly<Partial<Record<FieldName, string | null>>>;

/** Of a longer value the beginning is compared: callers choose some of them. */
export const MAX_FIELD_LENGTH = 1024;
