import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPlainJson, plainJson } from '../../gateway/dialects/plain-json.ts';

const texts: readonly (readonly [text: string, plain: string])[] = [
  [' { "a" : [ 1 , true ] } ', '{"a":[1,true]}'],
  ['we  mean to deceive', 'we mean to deceive'],
  ['{"a": we deceive} and\thide', '{"a":we deceive}and hide'],
  ['say "so  it" is', 'say "so  it" is'],
  ['\n "a b" ', '"a b"'],
];

for (const [text, plain] of texts) {
  test(`${JSON.stringify(text)} keeps its words apart, however it is cut`, () => {
    assert.equal(plainJson(text), plain);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 5 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const json = createPlainJson();
        const pieces = places.slice(1).map((end, index) => json.push(text.slice(places[index], end)));
        assert.equal(pieces.join('') + json.end(), plain);
      }),
    );
  });
}
