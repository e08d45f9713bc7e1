import { toHeldResult, toIgnoredResult } from '../build-result.ts';
import type { Translation } from '../codes/terminology.ts';
import type { CompiledMappings } from '../compile-mappings.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import { createAmbiguousCodeNeed, createUnmappedCodeNeed } from '../work-item-texts.ts';

/** The answer where codes have no one word: held, or ignored where the maps say that it is not needed. */
export function toUntranslatedResult(
  tools: CompiledMappings,
  vocabularies: readonly string[],
  concept: SentConcept,
  meaning: Exclude<Translation, { kind: 'word' }>,
): MappingResult {
  const files = tools.terminology.listGeneralFiles(vocabularies);
  if (meaning.kind === 'ambiguous')
    return toHeldResult(createAmbiguousCodeNeed(concept, files, vocabularies));
  if (meaning.kind === 'unmapped') return toHeldResult(createUnmappedCodeNeed(concept, files, vocabularies));
  const { system, code } = meaning.coding;
  return toIgnoredResult('code-not-needed', concept.element, `The trial has no use for ${system}|${code}.`);
}
