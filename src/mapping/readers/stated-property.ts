import { toWordCodings } from '../codes/stated-words.ts';
import type { WorkNeed } from '../mapping-result.ts';
import { createAmbiguousCodeNeed, createUnmappedCodeNeed } from '../work-item-texts.ts';
import { createUnknownWordsNeed } from '../work-item-words.ts';
import type { ReaderInput } from './reader-input.ts';
import type { StatedConcept } from './stated-concepts.ts';
import { translateEachCoding } from './translate-concept.ts';

/** The trial terms of a property, and the decisions that are needed about what is said of it. */
export interface StatedProperty {
  readonly terms: readonly string[];
  readonly work: readonly WorkNeed[];
}

/** A property of a fact as its vocabulary. */
interface PropertyVocabulary {
  readonly vocabulary: string;
  /** A concept may have several terms; otherwise its codings must agree on one. */
  readonly takesSeveral?: boolean;
}

const NOTHING_STATED: StatedProperty = { terms: [], work: [] };

/** One code may be unknown in two properties, which are two decisions. */
const addProperty = (vocabulary: string, need: WorkNeed): WorkNeed => ({
  ...need,
  group: `${vocabulary}:${need.group}`,
});

function readTerms(
  concept: StatedConcept,
  { vocabulary, takesSeveral }: PropertyVocabulary,
  input: ReaderInput,
): StatedProperty {
  const { terminology } = input.mappings;
  const codings = concept.codings.length > 0 ? concept.codings : toWordCodings(concept);
  if (codings.length === 0) return NOTHING_STATED;
  const terms = takesSeveral ? translateEachCoding(input, vocabulary, codings) : [];
  if (terms.length > 0) return { terms, work: [] };
  const translation = terminology.translate(input.context.site, [vocabulary], codings);
  if (translation.kind === 'term') return { terms: [translation.term.code], work: [] };
  if (translation.kind === 'not-needed') return NOTHING_STATED;
  const files = terminology.listGeneralFiles([vocabulary]);
  if (translation.kind === 'ambiguous')
    return holdProperty(vocabulary, createAmbiguousCodeNeed({ ...concept, codings }, files, [vocabulary]));
  if (concept.codings.length > 0)
    return holdProperty(vocabulary, createUnmappedCodeNeed(concept, files, [vocabulary]));
  const { resourceType, id } = input.resource;
  return holdProperty(
    vocabulary,
    createUnknownWordsNeed(concept.element, codings, vocabulary, `${resourceType}/${id ?? ''}`),
  );
}

const holdProperty = (vocabulary: string, need: WorkNeed): StatedProperty => ({
  terms: [],
  work: [addProperty(vocabulary, need)],
});

/** Joins what several concepts say: each term and each decision once. */
export function joinStatedProperties(stated: readonly StatedProperty[]): StatedProperty {
  const work = new Map(stated.flatMap((one) => one.work).map((need) => [need.group, need]));
  return { terms: [...new Set(stated.flatMap((one) => one.terms))], work: [...work.values()] };
}

/**
 * Reads what concepts say about a property of a fact: the terms of their codes. What is said and not understood (an unknown
 * code; a text or a code without a system, which no general map has) is a work need: the fact counts all the same, and a
 * person decides. Nothing is asked where nothing is said, or where a person has decided that it is of no use.
 */
export const readStatedProperty = (
  concepts: readonly StatedConcept[],
  property: PropertyVocabulary,
  input: ReaderInput,
): StatedProperty => joinStatedProperties(concepts.map((concept) => readTerms(concept, property, input)));
