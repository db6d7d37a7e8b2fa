import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LANGUAGE_CHARS, loadLanguages } from '../../detectors/index.ts';

const languageOf = await loadLanguages();

const TOLD: readonly [language: string | null, text: string][] = [
  ['en', 'Could you tell me when the next train to the coast leaves, please?'],
  ['de', 'Kannst du mir sagen, wann der nächste Zug an die Küste fährt?'],
  ['fr', 'Pourrais-tu me dire quand part le prochain train pour la côte ?'],
  ['es', '¿Podrías decirme cuándo sale el próximo tren hacia la costa?'],
  ['ru', 'Скажи, пожалуйста, когда отходит следующий поезд к морю?'],
  ['ja', '次の海行きの電車は何時に出発するか教えていただけますか。'],
  ['ar', 'هل يمكنك أن تخبرني متى يغادر القطار التالي إلى الساحل؟'],
  // Too few.
  [null, 'Wann fährt der Zug?'],
  [null, `${' '.repeat(100)}hello there`],
  [null, ''],
  // Of no language.
  [null, '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23'],
  [null, 'https://example.org/assets/image-0123456789/abcdefghij?q=0123456789'],
  [null, '😀'.repeat(40)],
];

for (const [language, text] of TOLD) {
  test(`${JSON.stringify(text.slice(0, 40))} is told as ${language}`, () => {
    assert.equal(languageOf(text), language);
  });
}

test('what follows the beginning of a text does not change its language', () => {
  const beginning = 'Kannst du mir sagen, wann der nächste Zug an die Küste fährt? '.repeat(3);
  assert.ok(beginning.length >= LANGUAGE_CHARS);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (more) => {
      assert.equal(languageOf(beginning.slice(0, LANGUAGE_CHARS) + more), 'de');
    }),
  );
});

test('every text is told in the same way twice, and none breaks the detector', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const told = languageOf(text);
      assert.ok(told === null || /^[a-z]{2}$/.test(told));
      assert.equal(languageOf(text), told);
    }),
  );
});

test('the detector is loaded once', async () => {
  assert.equal(await loadLanguages(), languageOf);
});
