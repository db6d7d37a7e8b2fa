/** What a path of Google's asks of a model. */
export interface CalledMethod {
  readonly model: string;
  /** In small letters. */
  readonly method: string;
}

/** Null where a path calls none.
 *  @param target - `/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse` */
export function calledMethod(target: string): CalledMethod | null {
  const [path = ''] = target.split('?', 1);
  const match = /\/(?:models|tunedModels|endpoints)\/([^/]+?)(?::|%3A)(\w+)\/?$/i.exec(path);
  const [, model = '', method = ''] = match ?? [];
  return match === null ? null : { model, method: method.toLowerCase() };
}
