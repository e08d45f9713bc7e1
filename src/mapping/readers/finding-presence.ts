import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { toHeldResult, toIgnoredResult } from '../build-result.ts';
import type { Coding } from '../codes/terminology.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readText } from './row-columns.ts';

/** Words of the analyte maps that are seen, not measured. */
export const FINDING_TERMS: ReadonlySet<string> = new Set(['platelet-clumps']);

const PRESENCE_VOCABULARIES = ['presence'];

/** Answers that are words and no codes are looked up as codes of this system: lower case, without blanks around. */
const PRESENCE_WORDS_SYSTEM = `${CANONICAL_BASE}/CodeSystem/presence-words`;

const toPresenceCoding = (word: string): Coding => ({
  system: PRESENCE_WORDS_SYSTEM,
  code: word.trim().toLowerCase(),
});

/** The answer as codes: as sent, else its words. */
function readAnswers(row: ViewRow): readonly Coding[] {
  const { codings, text: words } = readConcept(row, 'value_concept');
  const said = readText(row, 'value_string') ?? words;
  return [...codings, ...(said === null ? [] : [toPresenceCoding(said)])];
}

/**
 * Whether a finding is present, as the maps of `presence` read its coded, boolean or text answer; else why it says
 * nothing. An answer that no map knows is held: taken for absent it could let a worthless count stand.
 */
export function readPresence(row: ViewRow, reading: ReaderInput, at: string): boolean | MappingResult {
  const { mappings: tools, context } = reading;
  const flagged = row.values.value_boolean;
  if (typeof flagged === 'boolean') return flagged;
  const answers = readAnswers(row);
  if (answers.length === 0 && readText(row, 'absent_code') !== null)
    return toIgnoredResult(
      'no-value',
      readElementPath(row, 'absent_code'),
      'The laboratory did not look for it.',
    );
  const known = answers.flatMap((answer) => {
    const meaning = tools.terminology.translate(context.site, PRESENCE_VOCABULARIES, [answer]);
    return meaning.kind === 'word' ? [meaning.term.code] : [];
  });
  const [first] = known;
  if (first !== undefined && known.every((word) => word === first)) return first === 'present';
  const fix = `Send present or absent, or add the answer to ${tools.terminology.listGeneralFiles(PRESENCE_VOCABULARIES).join(' or ')}.`;
  return toHeldResult(
    createUnparseableNeed(
      `${at}.value`,
      'finding:answer',
      'It does not say whether the finding is present or absent.',
      fix,
    ),
  );
}
