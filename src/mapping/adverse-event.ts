import { type AdverseEventFact, CAUSALITIES, type Moment } from '../trial/facts.ts';
import { keyOf } from './keys.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { ambiguousCode, unmappedCode, unparseable } from './needs.ts';
import { momentIn, needsTime, type Reading, resourceKey, sourceOf } from './reading.ts';
import { held, ignored, states } from './results.ts';
import { conceptOf, elementOf, flag, text } from './row.ts';
import type { Row } from './view/compile.ts';

/**
 * Modifier extensions that this reader understands: the status of the HL7 AE research R4 backport, and its R5 spelling
 * as a cross-version extension.
 */
export const KNOWN_MODIFIERS: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/status',
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-AdverseEvent.status',
]);

const MEDDRA = 'https://www.meddra.org';

type Severity = NonNullable<AdverseEventFact['severity']>;
type Grade = NonNullable<AdverseEventFact['grade']>;

const SEVERITIES: readonly string[] = ['mild', 'moderate', 'severe'] satisfies Severity[];
const GRADES: readonly Grade[] = [1, 2, 3, 4, 5];

/** Dates from best to last: R4 says when it occurred, when it was noticed, when it was written down. */
const DATES = ['occurred', 'occurrence', 'detected', 'recorded'];

type Term = Pick<AdverseEventFact, 'term' | 'code' | 'system' | 'systemVersion'>;

/** The MedDRA coding where there is one (under its one current system), else the first, else the text. */
function termOf(row: Row): Term | null {
  const prefix = text(row, 'meddra_code') === null ? 'event' : 'meddra';
  const code = text(row, `${prefix}_code`);
  const name =
    text(row, `${prefix}_display`) ?? text(row, 'event_text') ?? text(row, 'effect_display') ?? code;
  if (name === null) return null;
  return {
    term: name,
    code,
    system: prefix === 'meddra' ? MEDDRA : text(row, `${prefix}_system`),
    systemVersion: text(row, `${prefix}_version`),
  };
}

function dateOf(row: Row, timeZone: string): Moment | null | undefined {
  for (const column of DATES) {
    const moment = momentIn(row, column, timeZone);
    if (moment !== undefined) return moment;
  }
  return undefined;
}

/** The trial's word of a coded property, and a need where the code sent has none: the event is a fact all the same. */
function wordOf(
  row: Row,
  prefix: string,
  reading: Reading,
): { word: string | null; work: readonly WorkNeed[] } {
  const vocabulary = [`adverse-event-${prefix}`];
  const concept = conceptOf(row, prefix);
  if (concept.codings.length === 0) return { word: null, work: [] };
  const { concepts } = reading.tools;
  const meaning = concepts.find(reading.context.site, vocabulary, concept.codings);
  if (meaning.kind === 'word') return { word: meaning.word.code, work: [] };
  if (meaning.kind === 'not-needed') return { word: null, work: [] };
  const need = meaning.kind === 'ambiguous' ? ambiguousCode : unmappedCode;
  return { word: null, work: [need(concept, concepts.files(vocabulary), vocabulary)] };
}

/** Every word of the codes in the columns; codes without one say nothing more. */
function wordsOf(row: Row, column: string, vocabulary: string, reading: Reading): readonly string[] {
  const { concepts } = reading.tools;
  const words = conceptOf(row, column).codings.flatMap((coding) => {
    const meaning = concepts.find(reading.context.site, [vocabulary], [coding]);
    return meaning.kind === 'word' ? [meaning.word.code] : [];
  });
  return [...new Set(words)];
}

/** Criteria of seriousness: those that are present, and the one that an R4 seriousness code names. */
function criteriaOf(row: Row, reading: Reading): Pick<AdverseEventFact, 'criteria'> {
  const said = ['criterion', 'seriousness'].flatMap((column) =>
    wordsOf(row, column, 'adverse-event-criterion', reading),
  );
  return said.length > 0 ? { criteria: [...new Set(said)].sort() } : {};
}

/** The closest relation among all suspected entities. */
function causalityOf(row: Row, reading: Reading): Pick<AdverseEventFact, 'causality'> {
  const said = ['causality', 'relatedness'].flatMap((column) =>
    wordsOf(row, column, 'adverse-event-causality', reading),
  );
  const causality = CAUSALITIES.find((word) => said.includes(word));
  return causality === undefined ? {} : { causality };
}

/** Serious as the sender says it: by the code, or by a seriousness criterion that is present; never by the grade. */
function seriousOf(word: string | null, row: Row): boolean | null {
  if (word !== null) return word === 'serious';
  return flag(row, 'criterion_present') ? true : null;
}

/**
 * One row of an AdverseEvent as a fact whatever its term; code, system and version are passed through. Potential events
 * (`actuality`) and those entered in error give none. Grade, seriousness and outcome are null where not sent, and held
 * beside the fact where the code sent is unknown. Source: FHIR R4 AdverseEvent; HL7 AE research R4 backport 1.0.1.
 */
export function readAdverseEvent(row: Row, reading: Reading): Mapped {
  if (text(row, 'status') === 'entered-in-error')
    return ignored('entered-in-error', elementOf(row, 'status'), 'It was entered in error.');
  if (text(row, 'actuality') === 'potential')
    return ignored('potential-adverse-event', elementOf(row, 'actuality'), 'It did not reach the patient.');
  const term = termOf(row);
  if (!term) {
    const fix = 'Send event with a coding and its display, or with a text.';
    return held(unparseable(`${reading.at}.event`, 'event', 'The event has no term.', fix));
  }
  const { timeZone, subject } = reading.context;
  const at = dateOf(row, timeZone);
  if (!at) return held(needsTime(`${reading.at}.date`, at === null));
  const [grade, seriousness, outcome] = ['grade', 'seriousness', 'outcome'].map((p) =>
    wordOf(row, p, reading),
  );
  const severity = text(row, 'severity');
  const fact: AdverseEventFact = {
    kind: 'adverse-event',
    key: keyOf('adverse-event', resourceKey(reading)),
    subject,
    at,
    sources: [sourceOf(reading, `${reading.at}.event`)],
    ...term,
    grade: GRADES.find((g) => String(g) === grade?.word) ?? null,
    severity: severity !== null && SEVERITIES.includes(severity) ? (severity as Severity) : null,
    serious: seriousOf(seriousness?.word ?? null, row),
    ...criteriaOf(row, reading),
    ...causalityOf(row, reading),
    outcome: outcome?.word ?? null,
    resolved: momentIn(row, 'resolved', timeZone) ?? null,
  };
  return states(
    [fact],
    [grade, seriousness, outcome].flatMap((p) => p?.work ?? []),
  );
}
