import { describe, expect, test } from '@jest/globals';
import type { MappingQuestion } from '../../src/mapping/mapping-result.ts';
import { CONFIDENT_SCORE, createSuggester } from '../../src/mapping/suggest/suggester.ts';
import { readBundledParts, readRepositoryJson } from './bundled-mappings.ts';

interface SuggestionCase {
  title: string;
  vocabularies?: string[];
  display?: string | null;
  code?: string;
  text?: string;
  quantity?: string;
  spelling?: string;
  target: string | null;
  sure?: boolean;
  /** A target that must not be suggested. */
  never?: string;
}

const { concepts, units } = readBundledParts();
const suggester = createSuggester(concepts, units);
const readSuggestionCases = (name: string) =>
  (readRepositoryJson(`test/cases/suggest/${name}.json`) as SuggestionCase[]).map(
    (suggestionCase) => [suggestionCase.title, suggestionCase] as const,
  );

function expectSuggestion(about: MappingQuestion, { target, sure, never }: SuggestionCase): void {
  const suggestions = suggester.suggest(about);
  const [first] = suggestions;
  expect(suggestions.map((suggestion) => suggestion.target)).not.toContain(never ?? '');
  if (target === null) {
    expect((first?.score ?? 0) < CONFIDENT_SCORE).toBe(true);
    return;
  }
  expect(first?.target).toBe(target);
  expect((first?.score ?? 0) >= CONFIDENT_SCORE).toBe(sure);
}

describe('a code', () => {
  test.each(readSuggestionCases('codes'))('%s', (_title, expected) => {
    const { vocabularies = ['analyte'], code = 'LOCAL-1', display = null, text = null } = expected;
    const codings = [{ system: 'urn:hospital', code, display }];
    expectSuggestion({ kind: 'code', vocabularies, codings, text }, expected);
  });

  test('a suggestion has the properties for the map entry', () => {
    const codings = [{ system: 'urn:h', code: 'F', display: 'Filgrastim' }];
    const [first] = suggester.suggest({ kind: 'code', vocabularies: ['agent'], codings, text: null });
    expect(first).toMatchObject({
      target: 'filgrastim',
      product: [{ name: 'role', value: 'growth-factor' }],
    });
  });
});

describe('a unit', () => {
  test.each(readSuggestionCases('units'))('%s', (_title, expected) => {
    const { quantity = '', spelling = '' } = expected;
    expectSuggestion({ kind: 'unit', quantity, spelling }, expected);
  });
});
