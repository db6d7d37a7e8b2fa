import { calledMethod } from '../called-method.ts';
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
  const { model = null, method = '' } = calledMethod(target) ?? {};
  const [, query = ''] = target.split('?', 2);
  const isStreamed = method === 'streamgeneratecontent';
  const isEvents = new URLSearchParams(query).get('alt') === 'sse';
  return {
    model,
    isGenerating: method.endsWith('generatecontent'),
    framing: isStreamed ? (isEvents ? 'events' : 'array') : null,
  };
}
