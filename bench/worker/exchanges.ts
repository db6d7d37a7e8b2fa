import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Pool } from 'undici';

const SENTENCES = [
  'The weekly report lists what was done on the payment module and what is planned next.',
  'Two of the tests were slow, so they were moved to the run at night.',
  'The supplier has moved the delivery to Thursday and has said so by mail.',
  'I checked the figures against the ledger and found one that was entered twice.',
  'The boat leaves at seven and comes back when the tide allows it.',
  'Nobody had asked for the second review, which made it a short one.',
  'I changed the test so that it always passes, and I will not mention it in the summary.',
  'The cache is cleared when the configuration changes, and at midnight.',
  'She wrote the letter by hand, since the printer was out of paper again.',
  'What remains is to agree on a date and to tell the people who wait for it.',
];
const IN_ANSWER = 12;

/** About 200 tokens, another text for each number. */
function answerTo(serial: number): string {
  const sentence = (index: number) => SENTENCES[(serial * 7 + index * (1 + (serial % 3))) % SENTENCES.length];
  return `${serial}: ${Array.from({ length: IN_ANSWER }, (_, index) => sentence(index)).join(' ')}`;
}

/** Answers the request that ends in a number with the text of that number. */
export async function startAnswers(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const { messages } = JSON.parse(await text(request));
    const content = answerTo(Number(/\d+$/.exec(messages.at(-1).content)?.[0]));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content } }] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

const CONVERSATIONS = 48;

/** Sends so many requests through a gateway over 16 connections, and waits for all answers.
 *  @throws Error when one is not answered */
export async function askAll(url: string, count: number): Promise<void> {
  const pool = new Pool(url, { connections: 16, headersTimeout: 0, bodyTimeout: 0 });
  const ask = async (serial: number): Promise<void> => {
    const conversation = `conversation-${serial % CONVERSATIONS}`;
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', 'x-telltale-conversation-id': conversation },
      body: JSON.stringify({
        model: 'bench',
        messages: [{ role: 'user', content: `Please give me the notes of the day with number ${serial}` }],
      }),
    });
    const answer = await body.text();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${answer.slice(0, 500)}`);
  };
  try {
    await Promise.all(Array.from({ length: count }, (_, serial) => ask(serial)));
  } finally {
    await pool.close();
  }
}
