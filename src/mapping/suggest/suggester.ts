import {
  type ConceptMap,
  type MapAttribute,
  type MappingFile,
  readConceptMap,
} from '../codes/concept-map.ts';
import { parseVocabularyName } from '../codes/controlled-terms.ts';
import type { MappingQuestion } from '../mapping-result.ts';
import { type ParsedDisplay, parseDisplay } from './parse-display.ts';
import { computeSimilarity } from './string-similarity.ts';
import { suggestUnits } from './suggest-units.ts';
import type { Suggestion } from './suggestion.ts';

/** Below this a person must name the target. */
export const CONFIDENT_SCORE = 0.75;
const MIN_TERM_SCORE = 0.3;
const MAX_SUGGESTIONS = 5;

/** A name that the maps know for one of the trial's words. */
interface KnownName {
  readonly vocabulary: string;
  readonly target: string;
  readonly code: string;
  readonly label: string;
  readonly parsed: ParsedDisplay;
  readonly attributes: readonly MapAttribute[];
}

function listKnownNames(maps: readonly ConceptMap[]): readonly KnownName[] {
  return maps.flatMap((map) =>
    map.groups.flatMap((group) =>
      group.elements.flatMap(({ code, display, targets }) =>
        targets.flatMap((target): KnownName[] => {
          if (target.code === null) return [];
          const vocabulary = parseVocabularyName(group.target);
          const rest = { vocabulary, target: target.code, code, attributes: target.product };
          const labels = [display ?? target.code, target.code.replaceAll('-', ' ')];
          return labels.map((label) => ({ ...rest, label, parsed: parseDisplay(label) }));
        }),
      ),
    ),
  );
}

/** Words that are nearly the same are the same: names of drugs differ by a letter between languages. */
const SAME_WORD_SIMILARITY = 0.8;

function countCommonWords(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const near = (word: string): boolean =>
    b.has(word) ||
    [...b].some((other) => word.length > 4 && computeSimilarity(word, other) >= SAME_WORD_SIMILARITY);
  return [...a].filter(near).length;
}

const findKnownProperty = (known: KnownName): string | undefined =>
  known.attributes.find((p) => p.name === 'loinc-property')?.value;

/** Dice's coefficient of the words, taken down hard where the names state different properties (a percentage). */
function scoreName(sent: ParsedDisplay, known: KnownName): number {
  const common = countCommonWords(sent.words, known.parsed.words);
  if (common === 0) return 0;
  const dice = (2 * common) / (sent.words.size + known.parsed.words.size);
  const stated = findKnownProperty(known);
  const contradicts = sent.property !== null && stated !== undefined && sent.property !== stated;
  return 0.9 * dice * (contradicts ? 0.3 : 1);
}

function deriveAttributes(sent: ParsedDisplay, known: KnownName): readonly MapAttribute[] {
  const kept = known.attributes.filter((p) => p.name === 'role');
  if (known.vocabulary !== 'analyte') return kept;
  const stated = sent.property ?? null;
  return [
    ...(stated === null ? [] : [{ name: 'loinc-property', value: stated }]),
    { name: 'method', value: sent.method ?? 'unspecified' },
  ];
}

type CodeQuestion = Extract<MappingQuestion, { kind: 'code' }>;

/** One name against everything that the maps know; a code that they know under another system counts most. */
function scoreCandidates(
  known: readonly KnownName[],
  code: string | null,
  said: string,
): readonly Suggestion[] {
  const sent = parseDisplay(said);
  return known.map((one) => {
    const sameCode = code !== null && code.length > 2 && one.code === code;
    const byName = scoreName(sent, one);
    const why = sameCode ? `the code is that of ${one.label}` : `is called like ${one.label}`;
    return {
      vocabulary: one.vocabulary,
      target: one.target,
      score: Math.round(100 * (sameCode ? 0.95 : byName)) / 100,
      why,
      product: deriveAttributes(sent, one),
    };
  });
}

function suggestTerms(all: readonly KnownName[], about: CodeQuestion): readonly Suggestion[] {
  const known = all.filter((k) => about.vocabularies.includes(k.vocabulary));
  const names = [
    ...about.codings.map((c) => [c.code, c.display ?? c.code] as const),
    ...(about.text === null ? [] : [[null, about.text] as const]),
  ];
  const best = new Map<string, Suggestion>();
  for (const [code, said] of names) {
    for (const each of scoreCandidates(known, code, said)) {
      const key = `${each.vocabulary} ${each.target}`;
      if (each.score >= MIN_TERM_SCORE && each.score > (best.get(key)?.score ?? 0)) best.set(key, each);
    }
  }
  return [...best.values()].sort((a, b) => b.score - a.score).slice(0, MAX_SUGGESTIONS);
}

/** What suggestions are drawn from; see createSuggester. */
export interface Suggester {
  suggest(about: MappingQuestion): readonly Suggestion[];
  /** The map entry's further words for a target that a person named: the `role` of a drug, as the maps have it. */
  attributesFor(about: MappingQuestion, vocabulary: string, target: string): readonly MapAttribute[];
  /** Vocabularies, or quantities, of those that the decision may be about which have the target among their words. */
  vocabulariesFor(about: MappingQuestion, target: string): readonly string[];
}

/** Whether a dose's unit is per kg says in which of the two dose maps it belongs. */
function selectQuantities(quantity: string, target: string): readonly string[] {
  if (quantity !== 'cell-dose') return [quantity];
  return [target.includes('/kg') ? 'cell-dose-per-kg' : 'cell-dose-total'];
}

/**
 * Suggests, for what waits for a decision, targets among the words of the concept maps: by the code, by its display and
 * the concept's text, by known synonyms and the LOINC property that the name states; for units by the spellings of the
 * unit maps. Scored from 0 to 1, best first, at most five, none below 0.3. Pure: the same question has the same answer.
 */
export function createSuggester(concepts: readonly MappingFile[], units: readonly MappingFile[]): Suggester {
  const known = listKnownNames(concepts.map(readConceptMap));
  const unitMaps = units.map(readConceptMap);
  return {
    suggest: (about) =>
      about.kind === 'unit'
        ? suggestUnits(unitMaps, about.quantity, about.spelling).slice(0, MAX_SUGGESTIONS)
        : suggestTerms(known, about),
    attributesFor(about, vocabulary, target) {
      if (about.kind === 'unit') return [];
      const one = known.find((k) => k.vocabulary === vocabulary && k.target === target);
      const said = [...about.codings.map((c) => c.display ?? ''), about.text ?? ''].join(' ');
      return one ? deriveAttributes(parseDisplay(said), one) : [];
    },
    vocabulariesFor(about, target) {
      if (about.kind === 'unit') return selectQuantities(about.quantity, target);
      if (about.vocabularies.length === 1) return about.vocabularies;
      const with_ = known.filter((k) => k.target === target).map((k) => k.vocabulary);
      return about.vocabularies.filter((v) => with_.includes(v));
    },
  };
}
