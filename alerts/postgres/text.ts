/** PostgreSQL's text holds no NUL and no lone surrogate; what people and models wrote may. */

/** A text as a column holds it: a JSON string, in which everything can be said. */
export function textToColumn(text: string): string {
  return JSON.stringify(text);
}

/** The text of a column. */
export function textFromColumn(column: string): string {
  return JSON.parse(column) as string;
}

/** A name as a column holds it: what cannot be said becomes U+FFFD. */
export function nameOf(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what it is about
  return name.toWellFormed().replace(/\u0000/g, '\uFFFD');
}
