import { BASE } from '../fhir/canonical.ts';
import type { Coding } from './concepts.ts';
import type { Mapped } from './mapped.ts';
import { unparseable } from './needs.ts';
import type { Reading } from './reading.ts';
import { held, ignored } from './results.ts';
import { conceptOf, elementOf, text } from './row.ts';
import type { Row } from './view/compile.ts';

/** Words of the analyte maps that are seen, not measured. */
export const FINDINGS: ReadonlySet<string> = new Set(['platelet-clumps']);

const VOCABULARY = ['presence'];

/** Answers that are words and no codes are looked up as codes of this system: lower case, without blanks around. */
const WORDS = `${BASE}/CodeSystem/presence-words`;

const asCode = (word: string): Coding => ({ system: WORDS, code: word.trim().toLowerCase() });

/** The answer as codes: as sent, else its words. */
function answersIn(row: Row): readonly Coding[] {
  const { codings, text: words } = conceptOf(row, 'value_concept');
  const said = text(row, 'value_string') ?? words;
  return [...codings, ...(said === null ? [] : [asCode(said)])];
}

/**
 * Whether a finding is present, as the maps of `presence` read its coded, boolean or text answer; else why it says
 * nothing. An answer that no map knows is held: taken for absent it could let a worthless count stand.
 */
export function isPresent(row: Row, reading: Reading, at: string): boolean | Mapped {
  const { tools, context } = reading;
  const flagged = row.values.value_boolean;
  if (typeof flagged === 'boolean') return flagged;
  const answers = answersIn(row);
  if (answers.length === 0 && text(row, 'absent_code') !== null)
    return ignored('no-value', elementOf(row, 'absent_code'), 'The laboratory did not look for it.');
  const known = answers.flatMap((answer) => {
    const meaning = tools.concepts.find(context.site, VOCABULARY, [answer]);
    return meaning.kind === 'word' ? [meaning.word.code] : [];
  });
  const [first] = known;
  if (first !== undefined && known.every((word) => word === first)) return first === 'present';
  const fix = `Send present or absent, or add the answer to ${tools.concepts.files(VOCABULARY).join(' or ')}.`;
  return held(
    unparseable(
      `${at}.value`,
      'finding:answer',
      'It does not say whether the finding is present or absent.',
      fix,
    ),
  );
}
