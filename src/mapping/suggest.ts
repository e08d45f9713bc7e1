import { type Attribute, type ConceptMap, type Part, readConceptMap } from './concept-map.ts';
import { likeness } from './edit-distance.ts';
import type { DecisionAbout } from './mapped.ts';
import { type ReadName, readName } from './names.ts';
import { suggestUnit } from './suggest-unit.ts';
import { vocabularyOf } from './words.ts';

/** What a held code or unit may mean. A person decides; nothing is mapped by a suggestion. */
export interface Suggestion {
  /** The vocabulary of the target (`analyte`), or the quantity whose unit it is. */
  readonly vocabulary: string;
  /** The trial's word, or a UCUM unit. */
  readonly target: string;
  /** From 0 to 1; from CONFIDENT on it may be taken without naming the target. */
  readonly score: number;
  readonly why: string;
  /** What the map entry should say besides: `role`, `method`, `loinc-property`, `factor`. */
  readonly product: readonly Attribute[];
}

/** Below this a person must name the target. */
export const CONFIDENT = 0.75;
const LEAST = 0.3;
const MOST = 5;

/** A name that the maps know for one of the trial's words. */
interface Known {
  readonly vocabulary: string;
  readonly target: string;
  readonly code: string;
  readonly label: string;
  readonly name: ReadName;
  readonly product: readonly Attribute[];
}

function knownIn(maps: readonly ConceptMap[]): readonly Known[] {
  return maps.flatMap((map) =>
    map.groups.flatMap((group) =>
      group.elements.flatMap(({ code, display, targets }) =>
        targets.flatMap((target): Known[] => {
          if (target.code === null) return [];
          const vocabulary = vocabularyOf(group.target);
          const rest = { vocabulary, target: target.code, code, product: target.product };
          const labels = [display ?? target.code, target.code.replaceAll('-', ' ')];
          return labels.map((label) => ({ ...rest, label, name: readName(label) }));
        }),
      ),
    ),
  );
}

/** Words that are nearly the same are the same: names of drugs differ by a letter between languages. */
const NEAR = 0.8;

function inCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const near = (word: string): boolean =>
    b.has(word) || [...b].some((other) => word.length > 4 && likeness(word, other) >= NEAR);
  return [...a].filter(near).length;
}

const property = (known: Known): string | undefined =>
  known.product.find((p) => p.name === 'loinc-property')?.value;

/** Dice's coefficient of the words, taken down hard where the names state different properties (a percentage). */
function scoreOf(sent: ReadName, known: Known): number {
  const common = inCommon(sent.words, known.name.words);
  if (common === 0) return 0;
  const dice = (2 * common) / (sent.words.size + known.name.words.size);
  const stated = property(known);
  const contradicts = sent.property !== null && stated !== undefined && sent.property !== stated;
  return 0.9 * dice * (contradicts ? 0.3 : 1);
}

function productOf(sent: ReadName, known: Known): readonly Attribute[] {
  const kept = known.product.filter((p) => p.name === 'role');
  if (known.vocabulary !== 'analyte') return kept;
  const stated = sent.property ?? null;
  return [
    ...(stated === null ? [] : [{ name: 'loinc-property', value: stated }]),
    { name: 'method', value: sent.method ?? 'unspecified' },
  ];
}

type CodeAbout = Extract<DecisionAbout, { kind: 'code' }>;

/** One name against everything that the maps know; a code that they know under another system counts most. */
function candidates(known: readonly Known[], code: string | null, said: string): readonly Suggestion[] {
  const sent = readName(said);
  return known.map((one) => {
    const sameCode = code !== null && code.length > 2 && one.code === code;
    const byName = scoreOf(sent, one);
    const why = sameCode ? `the code is that of ${one.label}` : `is called like ${one.label}`;
    return {
      vocabulary: one.vocabulary,
      target: one.target,
      score: Math.round(100 * (sameCode ? 0.95 : byName)) / 100,
      why,
      product: productOf(sent, one),
    };
  });
}

function suggestCode(all: readonly Known[], about: CodeAbout): readonly Suggestion[] {
  const known = all.filter((k) => about.vocabularies.includes(k.vocabulary));
  const names = [
    ...about.codings.map((c) => [c.code, c.display ?? c.code] as const),
    ...(about.text === null ? [] : [[null, about.text] as const]),
  ];
  const best = new Map<string, Suggestion>();
  for (const [code, said] of names) {
    for (const each of candidates(known, code, said)) {
      const key = `${each.vocabulary} ${each.target}`;
      if (each.score >= LEAST && each.score > (best.get(key)?.score ?? 0)) best.set(key, each);
    }
  }
  return [...best.values()].sort((a, b) => b.score - a.score).slice(0, MOST);
}

/** What suggestions are drawn from; see createSuggester. */
export interface Suggester {
  suggest(about: DecisionAbout): readonly Suggestion[];
  /** The map entry's further words for a target that a person named: the `role` of a drug, as the maps have it. */
  productFor(about: DecisionAbout, vocabulary: string, target: string): readonly Attribute[];
  /** Vocabularies, or quantities, of those that the decision may be about which have the target among their words. */
  vocabulariesOf(about: DecisionAbout, target: string): readonly string[];
}

/** Whether a dose's unit is per kg says in which of the two dose maps it belongs. */
function quantitiesFor(quantity: string, target: string): readonly string[] {
  if (quantity !== 'cell-dose') return [quantity];
  return [target.includes('/kg') ? 'cell-dose-per-kg' : 'cell-dose-total'];
}

/**
 * Suggests, for what waits for a decision, targets among the words of the concept maps: by the code, by its display and
 * the concept's text, by known synonyms and the LOINC property that the name states; for units by the spellings of the
 * unit maps. Scored from 0 to 1, best first, at most five, none below 0.3. Pure: the same question has the same answer.
 */
export function createSuggester(concepts: readonly Part[], units: readonly Part[]): Suggester {
  const known = knownIn(concepts.map(readConceptMap));
  const unitMaps = units.map(readConceptMap);
  return {
    suggest: (about) =>
      about.kind === 'unit'
        ? suggestUnit(unitMaps, about.quantity, about.spelling).slice(0, MOST)
        : suggestCode(known, about),
    productFor(about, vocabulary, target) {
      if (about.kind === 'unit') return [];
      const one = known.find((k) => k.vocabulary === vocabulary && k.target === target);
      const said = [...about.codings.map((c) => c.display ?? ''), about.text ?? ''].join(' ');
      return one ? productOf(readName(said), one) : [];
    },
    vocabulariesOf(about, target) {
      if (about.kind === 'unit') return quantitiesFor(about.quantity, target);
      if (about.vocabularies.length === 1) return about.vocabularies;
      const with_ = known.filter((k) => k.target === target).map((k) => k.vocabulary);
      return about.vocabularies.filter((v) => with_.includes(v));
    },
  };
}
