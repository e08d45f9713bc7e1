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
  /** A target that must not be among the suggestions at all. */
  never?: string;
}

const { concepts, units } = readBundledParts();
const suggester = createSuggester(concepts, units);
const readSuggestionCases = (name: string) =>
  (readRepositoryJson(`test/cases/suggest/${name}.json`) as SuggestionCase[]).map(
    (c) => [c.title, c] as const,
  );

function expectSuggestion(about: MappingQuestion, { target, sure, never }: SuggestionCase): void {
  const all = suggester.suggest(about);
  const [first] = all;
  expect(all.map((s) => s.target)).not.toContain(never ?? '');
  if (target === null) {
    expect((first?.score ?? 0) < CONFIDENT_SCORE).toBe(true);
    return;
  }
  expect(first?.target).toBe(target);
  expect((first?.score ?? 0) >= CONFIDENT_SCORE).toBe(sure);
}

describe('a code', () => {
  test.each(readSuggestionCases('codes'))('%s', (_title, one) => {
    const { vocabularies = ['analyte'], code = 'LOCAL-1', display = null, text = null } = one;
    const codings = [{ system: 'urn:hospital', code, display }];
    expectSuggestion({ kind: 'code', vocabularies, codings, text }, one);
  });

  test('what the entry should say besides comes with the suggestion', () => {
    const codings = [{ system: 'urn:h', code: 'F', display: 'Filgrastim' }];
    const [first] = suggester.suggest({ kind: 'code', vocabularies: ['agent'], codings, text: null });
    expect(first).toMatchObject({
      target: 'filgrastim',
      product: [{ name: 'role', value: 'growth-factor' }],
    });
  });
});

describe('a unit', () => {
  test.each(readSuggestionCases('units'))('%s', (_title, one) => {
    const { quantity = '', spelling = '' } = one;
    expectSuggestion({ kind: 'unit', quantity, spelling }, one);
  });
});
