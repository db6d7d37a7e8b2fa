import { addData, addText, addWords, type Collected, mediumOf } from '../collected.ts';
import { isTextType } from '../data-url.ts';
import { isIdentifier } from '../identifier.ts';
import { isObject, type JsonObject, jsonOf } from '../json-values.ts';
import type { Place } from '../place.ts';
import { toolName } from '../tool-name.ts';
import { isWords } from '../words.ts';
import { camelEntries } from './camel-entries.ts';
import { textWithin } from './text-within.ts';

/** The same place for whoever speaks there. */
export interface PartPlaces {
  readonly words: Place;
  readonly call: Place;
  readonly result: Place;
}

/** One part of content: words, a medium, a call or what came of it. */
export function readPart(part: unknown, places: PartPlaces, into: Collected): void {
  if (!isObject(part)) {
    textWithin(part, places.words, into);
    return;
  }
  for (const [key, value, written] of camelEntries(part)) {
    readEntry({ key, value, written }, places, into);
  }
}

interface Entry {
  readonly key: string;
  readonly value: unknown;
  readonly written: string;
}

/** Code that the upstream runs is called without a name: the tool has this one in requests. */
const CODE_TOOL = 'code_execution';

function readEntry(
  { key, value, written }: Entry,
  { words, call, result }: PartPlaces,
  into: Collected,
): void {
  if (key === 'text' && typeof value === 'string') addWords(value, words.at(written), into);
  else if (!isObject(value)) textWithin({ [written]: value }, words, into);
  else if (key === 'inlineData') readInline(value, words.at(written), into);
  else if (key === 'fileData') skipFile(value, words.at(written), into);
  else if (key === 'functionCall' || key === 'toolCall') readCall(value, call.at(written), into);
  else if (key === 'executableCode') textWithin(value, call.at(written).of(CODE_TOOL), into);
  else if (key === 'functionResponse' || key === 'toolResponse') readResult(value, result.at(written), into);
  else if (key === 'codeExecutionResult') textWithin(value, result.at(written).of(CODE_TOOL), into);
  else textWithin({ [written]: value }, words, into);
}

/** Data that is text is read. */
function readInline(value: JsonObject, place: Place, into: Collected): void {
  const { mimeType, mime_type, data, ...rest } = value;
  const type = String(mimeType ?? mime_type ?? '');
  const [name = '', charset = 'utf-8'] = type.split(/;\s*charset=/i);
  if (typeof data === 'string') addData({ mimeType: name, charset, base64: data }, place.at('data'), into);
  else textWithin({ data }, place, into);
  textWithin(rest, place, into);
}

/** What a file holds that lies elsewhere nobody can tell from here. */
function skipFile(value: JsonObject, place: Place, into: Collected): void {
  const type = String(value['mimeType'] ?? value['mime_type'] ?? '');
  const reason = isTextType(type) ? 'file' : mediumOf(type);
  into.unread.push({ ref: place.ref(), reason, bytes: Buffer.byteLength(jsonOf(value) ?? '') });
}

/** A call's arguments are one segment, as JSON; what comes of a text in pieces is one by its path. */
function readCall(value: JsonObject, at: Place, into: Collected): void {
  const { name, args, partialArgs, partial_args, ...rest } = value;
  const place = at.of(calledTool(value));
  readName(name, place, into);
  readJson(args, place.at('args'), into);
  for (const list of [partialArgs, partial_args]) {
    for (const piece of Array.isArray(list) ? list : [list]) readPiece(piece, place.at('args'), into);
  }
  textWithin(rest, place, into);
}

/** Tools of the upstream's own have no name: they are called by their type, such as `GOOGLE_SEARCH_WEB`. */
function calledTool({ name, toolType, tool_type }: JsonObject): string | undefined {
  return toolName(name) ?? toolName(toolType) ?? toolName(tool_type);
}

/** A name that is no name is text. */
function readName(name: unknown, place: Place, into: Collected): void {
  if (typeof name !== 'string' || !isIdentifier(name)) textWithin(name, place.at('name'), into);
}

/** Objects of the caller's making have no keys that could be told from words. */
function readJson(value: unknown, place: Place, into: Collected): void {
  if (value === undefined || value === null) return;
  const text = typeof value === 'string' ? value : jsonOf(value);
  if (text === null) into.unread.push({ ref: place.ref(), reason: 'depth', bytes: 0 });
  else addWords(text, place, into);
}

/** `{ jsonPath: '$.city.name', stringValue: 'Ro', willContinue: true }` */
function readPiece(piece: unknown, place: Place, into: Collected): void {
  if (!isObject(piece)) {
    textWithin(piece, place, into);
    return;
  }
  const { stringValue, string_value, ...rest } = piece;
  const path = piece['jsonPath'] ?? piece['json_path'] ?? '';
  const at = place.at(...(String(path).match(/[^.$[\]'"]+/g) ?? []));
  for (const text of [stringValue, string_value]) {
    if (typeof text === 'string') addWords(text, at, into);
    else textWithin(text, at, into);
  }
  textWithin(rest, at, into);
}

/** A result is one segment, as JSON, or as the text that is all of it under the name of a field; media may stand beside
 *  it. */
function readResult(value: JsonObject, at: Place, into: Collected): void {
  const { name, response, parts, ...rest } = value;
  const place = at.of(calledTool(value));
  readName(name, place, into);
  const [only, ...others] = isObject(response) ? Object.entries(response) : [];
  const isAlone = only !== undefined && others.length === 0 && !isWords(only[0]);
  if (isAlone && typeof only[1] === 'string') {
    addText(only[1], place.at('response', only[0]), into);
  } else readJson(response, place.at('response'), into);
  for (const [index, part] of (Array.isArray(parts) ? parts : []).entries()) {
    const within = place.at('parts', index);
    readPart(part, { words: within, call: within, result: within }, into);
  }
  textWithin(Array.isArray(parts) ? rest : { ...rest, parts }, place, into);
}
