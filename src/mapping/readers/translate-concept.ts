import type { Coding, Translation } from '../codes/terminology.ts';
import { type MappingResult, toHeldResult, toIgnoredResult, type ValueOrResult } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import { createAmbiguousCodeNeed, createUnmappedCodeNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';

/** A translation that found a term. */
export type TermTranslation = Extract<Translation, { kind: 'term' }>;

/** Translates a concept into a term of the vocabularies; see toUntranslatedResult for a concept without a term. */
export function translateConcept(
  input: ReaderInput,
  vocabularies: readonly string[],
  concept: SentConcept,
): ValueOrResult<TermTranslation> {
  const { mappings, context } = input;
  const translation = mappings.terminology.translate(context.site, vocabularies, concept.codings);
  return translation.kind === 'term'
    ? { value: translation }
    : { result: toUntranslatedResult(input, vocabularies, concept, translation) };
}

/** Builds the result of a concept without a term: ignored if the trial does not need the code, else held. */
export function toUntranslatedResult(
  input: ReaderInput,
  vocabularies: readonly string[],
  concept: SentConcept,
  translation: Exclude<Translation, { kind: 'term' }>,
): MappingResult {
  const files = input.mappings.terminology.listGeneralFiles(vocabularies);
  if (translation.kind === 'ambiguous')
    return toHeldResult(createAmbiguousCodeNeed(concept, files, vocabularies));
  if (translation.kind === 'unmapped')
    return toHeldResult(createUnmappedCodeNeed(concept, files, vocabularies));
  const { system, code } = translation.coding;
  return toIgnoredResult(
    'code-not-needed',
    concept.element,
    `The trial does not need the code ${system}|${code}.`,
  );
}

/** Translates each coding by itself and returns the codes of the terms found. Codings without a term are left out. */
export function translateEachCoding(
  input: ReaderInput,
  vocabulary: string,
  codings: readonly Coding[],
): readonly string[] {
  const { mappings, context } = input;
  return codings.flatMap((coding) => {
    const translation = mappings.terminology.translate(context.site, [vocabulary], [coding]);
    return translation.kind === 'term' ? [translation.term.code] : [];
  });
}
