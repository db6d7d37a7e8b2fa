export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An SVG on white, with what it shows as its title. */
export function svg(
  size: { readonly width: number; readonly height: number },
  title: string,
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui, sans-serif" font-size="13">
<title>${escapeXml(title)}</title>
<rect width="${size.width}" height="${size.height}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}
