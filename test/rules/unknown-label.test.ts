import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownLabel } from '../../rules/unknown-label.ts';

function featuresetOf(labels: readonly (string | null)[]) {
  return {
    name: 'small',
    dictionarySize: labels.length,
    feature: (index: number) => ({
      index,
      label: labels[index] ?? null,
      labelScore: null,
      density: 0.01,
      examples: [],
      neighbours: [],
    }),
  };
}

test('a label of several features names them, and no more than five', () => {
  const few = featuresetOf(['the word look', null, 'the word look', 'other']);
  assert.equal(
    unknownLabel('the word look', few),
    'the features 0, 2 of small have the label "the word look"; give the index of one',
  );
  const many = featuresetOf(Array.from({ length: 7 }, () => 'same'));
  assert.match(unknownLabel('same', many), /^the features 0, 1, 2, 3, 4 and others of small /);
});

test('the nearest label shares half of the words or more, and the most of them', () => {
  const labels = ['threats in casual talk', 'casual threats and taunts in lowercase', 'recipes'];
  const featureset = featuresetOf(labels);
  assert.match(
    unknownLabel('Casual threat, taunting, lower-case', featureset),
    /did you mean "casual threats and taunts in lowercase", which is feature 1\?$/,
  );
  assert.match(unknownLabel('threats at work and elsewhere', featureset), /; give the index of one$/);
  assert.match(unknownLabel('…', featureset), /; give the index of one$/);
});
