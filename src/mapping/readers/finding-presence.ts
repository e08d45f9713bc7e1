import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import type { Coding } from '../codes/terminology.ts';
import { holdValue, toIgnoredResult, type ValueOrResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readText } from './row-columns.ts';
import { translateEachCoding } from './translate-concept.ts';

/** Terms of the analyte maps that are observed and not measured. */
export const FINDING_TERMS: ReadonlySet<string> = new Set(['platelet-clumps']);

const PRESENCE_VOCABULARY = 'presence';

/** A text answer is looked up as a code of this system: in lower case, trimmed. */
const PRESENCE_WORDS_SYSTEM = `${CANONICAL_BASE}/CodeSystem/presence-words`;

const toPresenceCoding = (answer: string): Coding => ({
  system: PRESENCE_WORDS_SYSTEM,
  code: answer.trim().toLowerCase(),
});

/** Returns the answer as codes: the codes that were sent, and its text. */
function readAnswers(row: ViewRow): readonly Coding[] {
  const { codings, text } = readConcept(row, 'value_concept');
  const answer = readText(row, 'value_string') ?? text;
  return [...codings, ...(answer === null ? [] : [toPresenceCoding(answer)])];
}

/**
 * Reads whether a finding is present, from a boolean answer or from a coded or text answer by the maps of `presence`.
 * Ignored if the laboratory states that it did not look. An answer that is in no map is held: read as absent, it could
 * make a worthless count appear valid. `at` is the FHIRPath of the Observation or component.
 */
export function readPresence(row: ViewRow, input: ReaderInput, at: string): ValueOrResult<boolean> {
  const flag = row.getValue('value_boolean');
  if (typeof flag === 'boolean') return { value: flag };
  const answers = readAnswers(row);
  if (answers.length === 0 && readText(row, 'absent_code') !== null) {
    const detail = 'The laboratory did not look for the finding.';
    return { result: toIgnoredResult('no-value', readElementPath(row, 'absent_code'), detail) };
  }
  const terms = translateEachCoding(input, PRESENCE_VOCABULARY, answers);
  const [first] = terms;
  if (first !== undefined && terms.every((term) => term === first)) return { value: first === 'present' };
  const files = input.mappings.terminology.listGeneralFiles([PRESENCE_VOCABULARY]);
  const detail = 'The value does not state whether the finding is present or absent.';
  const fix = `Send present or absent, or add the answer to ${files.join(' or ')}.`;
  return holdValue(createUnparseableNeed(`${at}.value`, 'finding:answer', detail, fix));
}
