/** Rows of cells as aligned text. A cell may hold colour codes.
 *  @param isText - every column to the left; else the first alone, the others to the right as numbers are */
export function formatTable(
  rows: readonly (readonly string[])[],
  { isText = false }: { readonly isText?: boolean } = {},
): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, isText || column === 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}

function pad(cell: string, width: number, isLeft: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(cell)));
  return isLeft ? cell + space : space + cell;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are control characters
const COLOUR_CODE = /\u001b\[[\d;]*m/g;

function widthOf(cell: string): number {
  return cell.replace(COLOUR_CODE, '').length;
}
