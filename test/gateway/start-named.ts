import type { TestContext } from 'node:test';
import { answerJson, completion, startUpstream } from './test-upstream.ts';

/** An upstream whose answers say its name. */
export async function startNamed(context: TestContext, name: string) {
  const upstream = await startUpstream(context, (response) => answerJson(response, completion(name)));
  return { ...upstream, entry: { name, url: upstream.url } };
}

/** The name in an answer; of an error its code. */
export async function nameIn(response: Response): Promise<string> {
  const body = (await response.json()) as {
    choices?: { message: { content: string } }[];
    error?: { code: string };
  };
  return body.choices?.[0]?.message.content ?? body.error?.code ?? '';
}
