import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dialect } from '../../gateway/dialects/gemini/index.ts';
import {
  arrayOf,
  callPart,
  chunksOf,
  eventsOf,
  onePart,
  textPart,
  thoughtPart,
  wholeAnswer,
} from './gemini-stream.ts';
import { createReadings, sorted, summary } from './readings.ts';

const { readRequest, readAnswer, readStream, readArray } = createReadings(dialect);
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('every text of a request for content is a segment with its place, role and target', () => {
  const request = readRequest(
    {
      systemInstruction: { parts: [{ text: 'be kind' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'look' },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
            { inline_data: { mime_type: 'audio/wav', data: 'AAAA' } },
            {
              inlineData: {
                mimeType: 'text/plain; charset=utf-8',
                data: base64('hidden'),
                displayName: 'note',
              },
            },
            { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } },
            { fileData: { mimeType: 'video/mp4', fileUri: 'https://example.org/v' } },
            { file_data: { mime_type: 'text/plain', file_uri: 'gs://b/t' } },
            { hologram: { words: 'psst' } },
          ],
        },
        {
          role: 'model',
          parts: [
            { text: 'hm', thought: true, thoughtSignature: 'c2ln' },
            { text: 'said' },
            { functionCall: { name: 'find', args: { id: 'x', status: 'y' } } },
            { function_call: { name: 'not a name!', args: {} } },
            { executableCode: { language: 'PYTHON', code: 'print()' } },
            { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'out' } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'find', response: { result: 'found' } } },
            {
              function_response: {
                name: 'find',
                response: { status: 'more', list: ['text'] },
                parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
              },
            },
          ],
        },
        { role: 'function', parts: [{ text: 'returned' }] },
        { parts: [{ text: 'who' }], news: 'unheard' },
      ],
      tools: [
        {
          functionDeclarations: [
            {
              name: 'find',
              description: 'finds',
              parameters: { properties: { q: { description: 'what' } } },
            },
          ],
        },
        { googleSearch: {} },
      ],
      generationConfig: {
        stopSequences: ['end'],
        responseSchema: { properties: { q: { description: 'shape' } } },
      },
      safetySettings: [{ category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_NONE' }],
      cachedContent: 'cachedContents/1',
      news: { deep: ['words'] },
    },
    '/v1beta/models/gemini-x:streamGenerateContent?alt=sse',
  );
  const { texts, unread } = summary(request);
  const at = (content: number, part: number, rest: string) =>
    `request/contents/${content}/parts/${part}/${rest}`;
  assert.deepEqual(texts, [
    ['request/systemInstruction/parts/0/text', 'system', 'system', 'be kind'],
    [at(0, 0, 'text'), 'input', 'user', 'look'],
    [at(0, 3, 'inlineData/data'), 'input', 'user', 'hidden'],
    [at(0, 3, 'inlineData/displayName'), 'input', 'user', 'note'],
    [at(0, 7, 'hologram/words'), 'input', 'user', 'psst'],
    [at(1, 0, 'text'), 'input', 'assistant', 'hm'],
    [at(1, 1, 'text'), 'input', 'assistant', 'said'],
    [at(1, 2, 'functionCall/args'), 'tool_call', 'assistant', '{"id":"x","status":"y"}'],
    [at(1, 3, 'function_call/name'), 'tool_call', 'assistant', 'not a name!'],
    [at(1, 3, 'function_call/args'), 'tool_call', 'assistant', '{}'],
    [at(1, 4, 'executableCode/code'), 'tool_call', 'assistant', 'print()'],
    [at(1, 5, 'codeExecutionResult/output'), 'tool_result', 'tool', 'out'],
    [at(2, 0, 'functionResponse/response/result'), 'tool_result', 'tool', 'found'],
    [at(2, 1, 'function_response/response'), 'tool_result', 'tool', '{"status":"more","list":["text"]}'],
    [at(3, 0, 'text'), 'tool_result', 'tool', 'returned'],
    [at(4, 0, 'text'), 'input', 'user', 'who'],
    ['request/contents/4/news', 'input', 'user', 'unheard'],
    ['request/tools/0', 'system', 'system', 'finds\nwhat'],
    ['request/generationConfig', 'system', 'system', 'shape'],
    ['request/news/deep/0', 'input', 'user', 'words'],
  ]);
  assert.deepEqual(unread, [
    [at(0, 1, 'inlineData/data'), 'image'],
    [at(0, 2, 'inline_data/data'), 'audio'],
    [at(0, 4, 'inlineData/data'), 'file'],
    [at(0, 5, 'fileData'), 'file'],
    [at(0, 6, 'file_data'), 'file'],
    [at(2, 1, 'function_response/parts/0/inlineData/data'), 'image'],
  ]);
  assert.deepEqual([request.model, request.isStreamed], ['gemini-x', true]);
});

const requests: [about: string, target: string, body: object, texts: [id: string, text: string][]][] = [
  ['contents in short', '', { contents: 'hello' }, [['contents', 'hello']]],
  ['one content', '', { contents: { parts: [{ text: 'hello' }] } }, [['contents/parts/0/text', 'hello']]],
  [
    'the other spelling',
    '',
    { system_instruction: { parts: { text: 'be kind' } }, contents: [] },
    [['system_instruction/parts/text', 'be kind']],
  ],
  [
    'both spellings at once',
    '',
    { system_instruction: { parts: [{ text: 'a' }] }, systemInstruction: { parts: [{ text: 'b' }] } },
    [
      ['system_instruction/parts/0/text', 'a'],
      ['systemInstruction/parts/0/text', 'b'],
    ],
  ],
  [
    'a count of a whole request',
    ':countTokens',
    { generateContentRequest: { model: 'm', contents: [{ parts: [{ text: 'hello' }] }] } },
    [['generateContentRequest/contents/0/parts/0/text', 'hello']],
  ],
  [
    'what is to be embedded',
    ':embedContent',
    { content: { parts: [{ text: 'hello' }] }, title: 'about', taskType: 'RETRIEVAL_DOCUMENT' },
    [
      ['content/parts/0/text', 'hello'],
      ['title', 'about'],
    ],
  ],
  [
    'many to be embedded',
    ':batchEmbedContents',
    {
      requests: [
        { model: 'm', content: { parts: [{ text: 'a' }] } },
        { content: { parts: [{ text: 'b' }] } },
      ],
    },
    [
      ['requests/0/content/parts/0/text', 'a'],
      ['requests/1/content/parts/0/text', 'b'],
    ],
  ],
  ['keys of prototypes', '', JSON.parse('{"contents":[],"__proto__":"a"}'), [['__proto__', 'a']]],
];

for (const [about, method, body, texts] of requests) {
  test(`every text of a request is a segment: ${about}`, () => {
    const { segments, unread } = readRequest(body, `/v1beta/models/m${method}`);
    assert.deepEqual(
      [segments.map(({ ref, text }) => [ref.id.replace('request/', ''), text]), unread],
      [texts, []],
    );
  });
}

test('what is no request is told where', () => {
  for (const [body, at] of [
    [{ contents: 7 }, '/contents'],
    [{ contents: [{ parts: 'no' }] }, '/contents'],
    [{ requests: 'no' }, '/requests'],
    [[], ''],
  ] as const) {
    const wrong = dialect.readRequest(body, '/v1beta/models/m:generateContent');
    assert.ok(!wrong.ok);
    assert.equal(wrong.problem.at, at);
  }
});

test('the path says which model is asked, and whether it streams', () => {
  for (const [target, model, isStreamed] of [
    ['/v1beta/models/gemini-2.5-flash:generateContent', 'gemini-2.5-flash', false],
    ['/v1/tunedModels/mine:streamGenerateContent?key=k', 'mine', true],
    ['/v1beta/models/m:StreamGenerateContent/', 'm', true],
  ] as const) {
    const request = readRequest({ contents: [] }, target);
    assert.deepEqual([request.model, request.isStreamed], [model, isStreamed]);
  }
});

test('the opening stays the same over the turns', () => {
  const opening = (contents: unknown) => readRequest({ contents, systemInstruction: { parts: [] } }).opening;
  const first = { role: 'user', parts: [{ text: 'hello' }] };
  const later = [
    { role: 'model', parts: [{ text: 'fine' }] },
    { role: 'user', parts: [{ text: 'go on' }] },
  ];
  assert.equal(opening([first]), opening([first, ...later]));
  assert.notEqual(opening([{ role: 'user', parts: [{ text: 'hullo' }] }]), opening([first]));
});

test('every text of an answer is a segment: all candidates, thoughts, calls, results, what stands beside', () => {
  const answer = readAnswer({
    candidates: [
      {
        content: {
          role: 'model',
          parts: [
            { text: 'hm', thought: true },
            { text: 'one ' },
            { text: 'text' },
            { functionCall: { name: 'find', args: { q: 'x' } } },
            { executableCode: { language: 'PYTHON', code: 'print()' } },
            { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'out' } },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          ],
        },
        finishReason: 'SAFETY',
        finishMessage: 'why',
        safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH', blocked: true }],
        citationMetadata: { citationSources: [{ uri: 'https://example.org', startIndex: 0 }] },
        groundingMetadata: {
          webSearchQueries: ['sought'],
          groundingSupports: [{ segment: { text: 'one text' } }],
        },
      },
      { index: 1, content: { parts: [{ text: 'second' }] }, finishReason: 'STOP' },
    ],
    promptFeedback: { safetyRatings: [], blockReasonMessage: 'because' },
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, thoughtsTokenCount: 1 },
    modelVersion: 'm',
    news: 'unheard',
  });
  const { texts, unread } = summary(answer);
  assert.deepEqual(
    texts.map(([id, target, , text]) => [id.replace('response/', ''), target, text]),
    [
      ['promptFeedback/blockReasonMessage', 'output', 'because'],
      ['news', 'output', 'unheard'],
      ['candidates/0/finishMessage', 'output', 'why'],
      ['candidates/0/citationMetadata/citationSources/0/uri', 'output', 'https://example.org'],
      ['candidates/0/groundingMetadata/webSearchQueries/0', 'output', 'sought'],
      ['candidates/0/content/parts/0/text', 'output', 'hm'],
      ['candidates/0/content/parts/1/text', 'output', 'one text'],
      ['candidates/0/content/parts/3/functionCall/args', 'tool_call', '{"q":"x"}'],
      ['candidates/0/content/parts/4/executableCode/code', 'tool_call', 'print()'],
      ['candidates/0/content/parts/5/codeExecutionResult/output', 'output', 'out'],
      ['candidates/1/content/parts/0/text', 'output', 'second'],
    ],
  );
  assert.deepEqual(unread, [['response/candidates/0/content/parts/6/inlineData/data', 'image']]);
  assert.deepEqual(answer.facts, {
    model: 'm',
    finishReasons: ['SAFETY', 'STOP'],
    usage: { inputTokens: 3, outputTokens: 5 },
    choices: [0, 1],
  });
});

test('a result is read with the name of its only field where that is words', () => {
  const resultOf = (response: object) => {
    const parts = [{ functionResponse: { name: 'f', response } }];
    return summary(readRequest({ contents: [{ role: 'user', parts }] })).texts.map(([, , , text]) => text);
  };
  assert.deepEqual(resultOf({ output: 'fine' }), ['fine']);
  assert.deepEqual(resultOf({ 'we deceive': 'fine' }), ['{"we deceive":"fine"}']);
});

test('counts, vectors, errors and blocked prompts are read', () => {
  const nothing = [['response', 'output', 'assistant', '']];
  assert.deepEqual(
    summary(readAnswer({ totalTokens: 7, promptTokensDetails: [{ modality: 'TEXT' }] })).texts,
    nothing,
  );
  assert.deepEqual(summary(readAnswer({ embedding: { values: [0.1] } })).texts, nothing);
  assert.deepEqual(readAnswer({ promptFeedback: { blockReason: 'SAFETY' } }).facts.finishReasons, ['SAFETY']);
  const error = { error: { code: 404, message: 'no such model', status: 'NOT_FOUND' } };
  const expected = [['response/error/message', 'output', 'assistant', 'no such model']];
  for (const body of [error, [error]]) assert.deepEqual(summary(readAnswer(body)).texts, expected);
  assert.deepEqual(dialect.readAnswer([7]), {
    ok: false,
    problem: { at: '/0', message: 'the answer is not an object' },
  });
});

test('a stream ends with its last candidate, a block or an error, and what is no chunk is told', () => {
  const ends = (...chunks: object[]) => readStream(eventsOf(chunks)).last;
  assert.deepEqual(ends(...chunksOf([[textPart(['a', 'b'])], [textPart(['c'])]])), [
    false,
    false,
    false,
    false,
    true,
  ]);
  assert.deepEqual(ends({ promptFeedback: { blockReason: 'SAFETY' } }), [true]);
  assert.deepEqual(ends({ error: { code: 503, message: 'gone' } }), [true]);
  const strange = readStream('data: {"a\n\ndata: 7\n\n').reading;
  assert.deepEqual(summary(strange).unread, [
    ['response', 'bad_json'],
    ['response', 'bad_shape'],
  ]);
});

test("a call's arguments in pieces are texts by their paths, before and after other parts", () => {
  const call = (functionCall: object) => [{ functionCall }];
  const chunks = [
    [{ text: 'so' }],
    call({ name: 'cook', willContinue: true }),
    call({
      partialArgs: [{ jsonPath: '$.dish[0].name', stringValue: 'dec', willContinue: true }],
      willContinue: true,
    }),
    call({ partialArgs: [{ jsonPath: '$.dish[0].name', stringValue: 'eive' }], willContinue: true }),
    call({ partialArgs: [{ jsonPath: '$.hot', boolValue: true }], willContinue: true }),
    call({}),
    [{ text: '', thoughtSignature: 'c2ln' }],
    call({ name: 'serve', args: {} }),
    [{ text: 'done' }],
  ].map((parts) => ({ candidates: [{ content: { role: 'model', parts }, index: 0 }] }));
  assert.deepEqual(
    summary(readStream(eventsOf(chunks)).reading).texts.map(([id, , , text]) => [
      id.replace('response/candidates/0/content/parts/', ''),
      text,
    ]),
    [
      ['0/text', 'so'],
      ['1/functionCall/args/dish/0/name', 'deceive'],
      ['2/functionCall/args', '{}'],
      ['3/text', 'done'],
    ],
  );
});

test('what stands beside the content is repeated in every chunk and read when it changes', () => {
  const chunks = [['a'], ['a'], ['a', 'b'], ['c', 'b']].map((webSearchQueries) => ({
    candidates: [{ index: 0, groundingMetadata: { webSearchQueries } }],
    promptFeedback: { blockReasonMessage: 'because' },
  }));
  assert.deepEqual(
    summary(readStream(eventsOf(chunks)).reading).texts.map(([id, , , text]) => [
      id.replace('response/', ''),
      text,
    ]),
    [
      ['promptFeedback/blockReasonMessage', 'because'],
      ['candidates/0/groundingMetadata/webSearchQueries/0', 'ac'],
      ['candidates/0/groundingMetadata/webSearchQueries/1', 'b'],
    ],
  );
});

const recorded = [
  [thoughtPart(['I will ', 'look']), textPart(['é 🙂', ' "well"']), callPart({ q: 'deceive' })],
  [textPart(['or ', 'not'])],
];

for (const [about, framed, read] of [
  ['as events', eventsOf(chunksOf(recorded)), readStream],
  ['as an array', arrayOf(chunksOf(recorded)), readArray],
] as const) {
  test(`a recorded stream, split at every position, has the segments of the whole answer: ${about}`, () => {
    const expected = JSON.stringify(sorted(readAnswer(wholeAnswer(recorded))));
    assert.match(expected, /deceive/);
    for (let cut = 0; cut <= Buffer.byteLength(framed); cut++) {
      assert.equal(JSON.stringify(sorted(read(framed, [cut]).reading)), expected, `cut at ${cut}`);
    }
  });
}

const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 5,
});
const other = fc.oneof(
  fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
    .map((args) => callPart(JSON.parse(JSON.stringify(args)))),
  fc.string({ minLength: 1 }).map((code) => onePart({ executableCode: { language: 'PYTHON', code } })),
  fc.constant(onePart({ inlineData: { mimeType: 'image/png', data: 'AAAA' } })),
);
/** Texts and thoughts in turn, or others between them: an upstream gives no two texts in a row whole. */
const candidate = fc
  .array(fc.tuple(fc.option(words), fc.option(words), other), { maxLength: 3 })
  .map((turns) =>
    turns.flatMap(([thought, text, one]) => [
      ...(thought === null ? [] : [thoughtPart(thought)]),
      ...(text === null ? [] : [textPart(text)]),
      one,
    ]),
  );

test('a streamed answer, cut anywhere, as events and as an array, has the segments and facts of the whole one', () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(9000), { maxLength: 20 }),
      (candidates, cuts) => {
        const chunks = chunksOf(candidates);
        const whole = readAnswer(wholeAnswer(candidates));
        for (const streamed of [readStream(eventsOf(chunks), cuts), readArray(arrayOf(chunks), cuts)]) {
          assert.deepEqual(sorted(streamed.reading), sorted(whole));
          assert.deepEqual(streamed.facts, whole.facts);
          assert.equal(streamed.last.at(-1), true);
        }
      },
    ),
    { numRuns: 200 },
  );
});
