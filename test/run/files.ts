import { globSync } from 'node:fs';

/** Test files under `test/`, sorted; with filters only those whose path contains one of them. */
export function findTestFiles(filters: readonly string[]): string[] {
  const all = globSync('test/**/*.test.ts').sort();
  const wanted = filters.map((filter) => filter.replace(/^\.\//, ''));
  return wanted.length === 0 ? all : all.filter((file) => wanted.some((part) => file.includes(part)));
}
