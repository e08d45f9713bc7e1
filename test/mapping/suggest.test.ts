import { describe, expect, test } from '@jest/globals';
import type { DecisionAbout } from '../../src/mapping/mapped.ts';
import { CONFIDENT, createSuggester } from '../../src/mapping/suggest.ts';
import { libraryParts, readJson } from './library.ts';

interface Case {
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

const { concepts, units } = libraryParts();
const suggester = createSuggester(concepts, units);
const cases = (name: string) =>
  (readJson(`test/cases/suggest/${name}.json`) as Case[]).map((c) => [c.title, c] as const);

function expectSuggestion(about: DecisionAbout, { target, sure, never }: Case): void {
  const all = suggester.suggest(about);
  const [first] = all;
  expect(all.map((s) => s.target)).not.toContain(never ?? '');
  if (target === null) {
    expect((first?.score ?? 0) < CONFIDENT).toBe(true);
    return;
  }
  expect(first?.target).toBe(target);
  expect((first?.score ?? 0) >= CONFIDENT).toBe(sure);
}

describe('a code', () => {
  test.each(cases('codes'))('%s', (_title, one) => {
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
  test.each(cases('units'))('%s', (_title, one) => {
    const { quantity = '', spelling = '' } = one;
    expectSuggestion({ kind: 'unit', quantity, spelling }, one);
  });
});
