import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** An upstream that answers at once with what it was told to say. */
export interface Answerer {
  readonly url: string;
  answerWith(text: string): void;
  close(): void;
}

export async function startAnswerer(): Promise<Answerer> {
  let content = '';
  const server = createServer(async (request, response) => {
    for await (const _part of request);
    const message = { role: 'assistant', content };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    const answer = { id: 'chatcmpl-bench', object: 'chat.completion', created: 1, model: 'bench', choices };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith(text) {
      content = text;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const WORDS =
  `the river runs past old mill and on to sea where small boats wait for tide morning we walked along
harbour market sold bread apples cheese honey letters from my sister came by post she writes about garden roses rain
neighbours dog piano lessons winter plans train leaves at noon bring coat map tea thermos tickets window seat`.split(
    /\s+/,
  );

/** Writes texts of so many words; equal seeds write equal texts. */
export function writer(seed: number): (words: number) => string {
  let state = (seed + 2) * 2_654_435_761;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return WORDS[state % WORDS.length] ?? '';
  };
  return (words) => `${Array.from({ length: words }, next).join(' ')}.`;
}
