import type { Framing } from '../dialect.ts';

/** What a path and its query say of a request. */
export interface Target {
  readonly model: string | null;
  /** Whether the model is to say something; tokens are counted and texts embedded without. */
  readonly isGenerating: boolean;
  readonly framing: Framing | null;
}

/** @param target - `/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse` */
export function readTarget(target: string): Target {
  const [path = '', query = ''] = target.split('?', 2);
  const match = /\/(?:models|tunedModels|endpoints)\/([^/]+?)(?::|%3A)(\w+)\/?$/i.exec(path);
  const method = match?.[2]?.toLowerCase() ?? '';
  const isStreamed = method === 'streamgeneratecontent';
  const isEvents = new URLSearchParams(query).get('alt') === 'sse';
  return {
    model: match?.[1] ?? null,
    isGenerating: method.endsWith('generatecontent'),
    framing: isStreamed ? (isEvents ? 'events' : 'array') : null,
  };
}
