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
import { listUnitSpellings, suggestUnits } from './suggest-units.ts';
import type { Suggestion } from './suggestion.ts';

/** Below this score a person must name the target. */
export const CONFIDENT_SCORE = 0.75;
const MIN_TERM_SCORE = 0.3;
const MAX_SUGGESTIONS = 5;
/** A sent code that is written as one of the trial's terms (`4`): likely, and no more. */
const SAME_TERM_SCORE = 0.6;

/** A name that the maps contain for one of the trial's terms. */
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
          const entry = { vocabulary, target: target.code, code, attributes: target.product };
          const labels = [display ?? target.code, target.code.replaceAll('-', ' ')];
          return labels.map((label) => ({ ...entry, label, parsed: parseDisplay(label) }));
        }),
      ),
    ),
  );
}

/** Words that are this similar count as the same: names of drugs differ by a letter between languages. */
const SAME_WORD_SIMILARITY = 0.8;

function countCommonWords(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const isInB = (word: string): boolean =>
    b.has(word) ||
    [...b].some((other) => word.length > 4 && computeSimilarity(word, other) >= SAME_WORD_SIMILARITY);
  return [...a].filter(isInB).length;
}

const findKnownProperty = (known: KnownName): string | undefined =>
  known.attributes.find(({ name }) => name === 'loinc-property')?.value;

const listNumbers = (name: string): readonly string[] => name.match(/\d+/g) ?? [];

/** Whether both names contain numbers and none is the same: `Grade 4` is not `Grade 1`. */
function hasOtherNumber(sentName: string, label: string): boolean {
  const [sent, known] = [listNumbers(sentName), listNumbers(label)];
  return sent.length > 0 && known.length > 0 && !sent.some((number) => known.includes(number));
}

/** Scores by Dice's coefficient of the words, reduced strongly if the names state different properties (a percentage). */
function scoreName(sent: ParsedDisplay, known: KnownName): number {
  const commonWords = countCommonWords(sent.words, known.parsed.words);
  if (commonWords === 0) return 0;
  const dice = (2 * commonWords) / (sent.words.size + known.parsed.words.size);
  const knownProperty = findKnownProperty(known);
  const isContradicted =
    sent.property !== null && knownProperty !== undefined && sent.property !== knownProperty;
  return 0.9 * dice * (isContradicted ? 0.3 : 1);
}

function deriveAttributes(sent: ParsedDisplay, known: KnownName): readonly MapAttribute[] {
  if (known.vocabulary !== 'analyte') return known.attributes.filter(({ name }) => name === 'role');
  return [
    ...known.attributes.filter(({ name }) => name === 'role'),
    ...(sent.property === null ? [] : [{ name: 'loinc-property', value: sent.property }]),
    { name: 'method', value: sent.method ?? 'unspecified' },
  ];
}

type CodeQuestion = Extract<MappingQuestion, { kind: 'code' }>;

/** Compares one sent name with all known names. The same code under another system counts most. */
function scoreCandidates(
  knownNames: readonly KnownName[],
  code: string | null,
  sentName: string,
): readonly Suggestion[] {
  const sent = parseDisplay(sentName);
  return knownNames.map((known) => {
    const isSameCode = code !== null && code.length > 2 && known.code === code;
    const nameScore = scoreName(sent, known) * (hasOtherNumber(sentName, known.label) ? 0.3 : 1);
    const score = isSameCode ? 0.95 : Math.max(nameScore, code === known.target ? SAME_TERM_SCORE : 0);
    return {
      vocabulary: known.vocabulary,
      target: known.target,
      score: Math.round(100 * score) / 100,
      why: isSameCode ? `has the code of ${known.label}` : `has a name similar to ${known.label}`,
      product: deriveAttributes(sent, known),
    };
  });
}

function suggestTerms(allNames: readonly KnownName[], about: CodeQuestion): readonly Suggestion[] {
  const knownNames = allNames.filter(({ vocabulary }) => about.vocabularies.includes(vocabulary));
  const sentNames = [
    ...about.codings.map(({ code, display }) => [code, display ?? code] as const),
    ...(about.text === null ? [] : [[null, about.text] as const]),
  ];
  const bestByTarget = new Map<string, Suggestion>();
  for (const [code, sentName] of sentNames) {
    for (const candidate of scoreCandidates(knownNames, code, sentName)) {
      const key = `${candidate.vocabulary} ${candidate.target}`;
      const bestScore = bestByTarget.get(key)?.score ?? 0;
      if (candidate.score >= MIN_TERM_SCORE && candidate.score > bestScore) bestByTarget.set(key, candidate);
    }
  }
  return [...bestByTarget.values()].sort((a, b) => b.score - a.score).slice(0, MAX_SUGGESTIONS);
}

/** Suggests map targets for held codes and units. */
export interface Suggester {
  suggest(about: MappingQuestion): readonly Suggestion[];
  /** Returns the properties of the map entry for a target that a person named, such as the `role` of a drug in the maps. */
  attributesFor(about: MappingQuestion, vocabulary: string, target: string): readonly MapAttribute[];
  /** Returns the vocabularies or quantities of the question in which the target is a known term. */
  vocabulariesFor(about: MappingQuestion, target: string): readonly string[];
}

/** Selects the unit map of a cell dose: whether the unit is per kg decides between the two. */
function selectQuantities(quantity: string, target: string): readonly string[] {
  if (quantity !== 'cell-dose') return [quantity];
  return [target.includes('/kg') ? 'cell-dose-per-kg' : 'cell-dose-total'];
}

/**
 * Creates a suggester of targets from the concept maps and unit maps. A code is compared by the code itself, its display,
 * the concept's text, known synonyms and the LOINC property that the name states; a unit by the spellings of the unit
 * maps. Scores are from 0 to 1, best first, at most five, none below 0.3. Pure: the same question has the same answer.
 */
export function createSuggester(concepts: readonly MappingFile[], units: readonly MappingFile[]): Suggester {
  const knownNames = listKnownNames(concepts.map(readConceptMap));
  const unitSpellings = listUnitSpellings(units.map(readConceptMap));
  return {
    suggest: (about) =>
      about.kind === 'unit'
        ? suggestUnits(unitSpellings, about.quantity, about.spelling).slice(0, MAX_SUGGESTIONS)
        : suggestTerms(knownNames, about),
    attributesFor(about, vocabulary, target) {
      if (about.kind === 'unit') return [];
      const known = knownNames.find((name) => name.vocabulary === vocabulary && name.target === target);
      const sentNames = [...about.codings.map(({ display }) => display ?? ''), about.text ?? ''].join(' ');
      return known ? deriveAttributes(parseDisplay(sentNames), known) : [];
    },
    vocabulariesFor(about, target) {
      if (about.kind === 'unit') return selectQuantities(about.quantity, target);
      if (about.vocabularies.length === 1) return about.vocabularies;
      const vocabularies = knownNames.filter((name) => name.target === target).map((name) => name.vocabulary);
      return about.vocabularies.filter((vocabulary) => vocabularies.includes(vocabulary));
    },
  };
}
