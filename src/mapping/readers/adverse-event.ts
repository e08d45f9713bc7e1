import { type AdverseEventFact, CAUSALITIES, type Moment } from '../../trial/facts.ts';
import { toFactsResult, toHeldResult, toIgnoredResult } from '../build-result.ts';
import type { MappingResult, WorkNeed } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import {
  createAmbiguousCodeNeed,
  createMissingTimeNeed,
  createUnmappedCodeNeed,
  createUnparseableNeed,
} from '../work-item-texts.ts';
import { buildFactKey, formatResourceKey } from './fact-keys.ts';
import { buildSource } from './fact-source.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readMoment, readText } from './row-columns.ts';

const MEDDRA_SYSTEM = 'https://www.meddra.org';

type AdverseEventSeverity = NonNullable<AdverseEventFact['severity']>;
type AdverseEventGrade = NonNullable<AdverseEventFact['grade']>;

const SEVERITIES: readonly string[] = ['mild', 'moderate', 'severe'] satisfies AdverseEventSeverity[];
const GRADES: readonly AdverseEventGrade[] = [1, 2, 3, 4, 5];

/** Dates from best to last: R4 says when it occurred, when it was noticed, when it was written down. */
const DATE_COLUMNS = ['occurred', 'occurrence', 'detected', 'recorded'];

type AdverseEventTerm = Pick<AdverseEventFact, 'term' | 'code' | 'system' | 'systemVersion'>;

/** The MedDRA coding where there is one (under its one current system), else the first, else the text. */
function readEventTerm(row: ViewRow): AdverseEventTerm | null {
  const prefix = readText(row, 'meddra_code') === null ? 'event' : 'meddra';
  const code = readText(row, `${prefix}_code`);
  const name =
    readText(row, `${prefix}_display`) ??
    readText(row, 'event_text') ??
    readText(row, 'effect_display') ??
    code;
  if (name === null) return null;
  return {
    term: name,
    code,
    system: prefix === 'meddra' ? MEDDRA_SYSTEM : readText(row, `${prefix}_system`),
    systemVersion: readText(row, `${prefix}_version`),
  };
}

function readEventDate(row: ViewRow, timeZone: string): Moment | null | undefined {
  for (const column of DATE_COLUMNS) {
    const moment = readMoment(row, column, timeZone);
    if (moment !== undefined) return moment;
  }
  return undefined;
}

/** The trial's word of a coded property, and a need where the code sent has none: the event is a fact all the same. */
function readCodedProperty(
  row: ViewRow,
  prefix: string,
  reading: ReaderInput,
): { word: string | null; work: readonly WorkNeed[] } {
  const vocabulary = [`adverse-event-${prefix}`];
  const concept = readConcept(row, prefix);
  if (concept.codings.length === 0) return { word: null, work: [] };
  const { terminology: concepts } = reading.mappings;
  const meaning = concepts.translate(reading.context.site, vocabulary, concept.codings);
  if (meaning.kind === 'word') return { word: meaning.term.code, work: [] };
  if (meaning.kind === 'not-needed') return { word: null, work: [] };
  const need = meaning.kind === 'ambiguous' ? createAmbiguousCodeNeed : createUnmappedCodeNeed;
  return { word: null, work: [need(concept, concepts.listGeneralFiles(vocabulary), vocabulary)] };
}

/** Every word of the codes in the columns; codes without one say nothing more. */
function findTermCodes(
  row: ViewRow,
  column: string,
  vocabulary: string,
  reading: ReaderInput,
): readonly string[] {
  const { terminology: concepts } = reading.mappings;
  const words = readConcept(row, column).codings.flatMap((coding) => {
    const meaning = concepts.translate(reading.context.site, [vocabulary], [coding]);
    return meaning.kind === 'word' ? [meaning.term.code] : [];
  });
  return [...new Set(words)];
}

/** Criteria of seriousness: those that are present, and the one that an R4 seriousness code names. */
function readSeriousnessCriteria(row: ViewRow, reading: ReaderInput): Pick<AdverseEventFact, 'criteria'> {
  const said = ['criterion', 'seriousness'].flatMap((column) =>
    findTermCodes(row, column, 'adverse-event-criterion', reading),
  );
  return said.length > 0 ? { criteria: [...new Set(said)].sort() } : {};
}

/** The closest relation among all suspected entities. */
function readCausality(row: ViewRow, reading: ReaderInput): Pick<AdverseEventFact, 'causality'> {
  const said = ['causality', 'relatedness'].flatMap((column) =>
    findTermCodes(row, column, 'adverse-event-causality', reading),
  );
  const causality = CAUSALITIES.find((word) => said.includes(word));
  return causality === undefined ? {} : { causality };
}

/** Serious as the sender says it: by the code, or by a seriousness criterion that is present; never by the grade. */
function deriveSeriousness(word: string | null, row: ViewRow): boolean | null {
  if (word !== null) return word === 'serious';
  return readFlag(row, 'criterion_present') ? true : null;
}

/**
 * One row of an AdverseEvent as a fact whatever its term; code, system and version are passed through. Potential events
 * (`actuality`) and those entered in error give none. Grade, seriousness and outcome are null where not sent, and held
 * beside the fact where the code sent is unknown. Source: FHIR R4 AdverseEvent; HL7 AE research R4 backport 1.0.1.
 */
export function readAdverseEvent(row: ViewRow, reading: ReaderInput): MappingResult {
  if (readText(row, 'status') === 'entered-in-error')
    return toIgnoredResult('entered-in-error', readElementPath(row, 'status'), 'It was entered in error.');
  if (readText(row, 'actuality') === 'potential')
    return toIgnoredResult(
      'potential-adverse-event',
      readElementPath(row, 'actuality'),
      'It did not reach the patient.',
    );
  const term = readEventTerm(row);
  if (!term) {
    const fix = 'Send event with a coding and its display, or with a text.';
    return toHeldResult(createUnparseableNeed(`${reading.at}.event`, 'event', 'The event has no term.', fix));
  }
  const { timeZone, subject } = reading.context;
  const at = readEventDate(row, timeZone);
  if (!at) return toHeldResult(createMissingTimeNeed(`${reading.at}.date`, at === null));
  const [grade, seriousness, outcome] = ['grade', 'seriousness', 'outcome'].map((p) =>
    readCodedProperty(row, p, reading),
  );
  const severity = readText(row, 'severity');
  const fact: AdverseEventFact = {
    kind: 'adverse-event',
    key: buildFactKey('adverse-event', formatResourceKey(reading)),
    subject,
    at,
    sources: [buildSource(reading, `${reading.at}.event`)],
    ...term,
    grade: GRADES.find((g) => String(g) === grade?.word) ?? null,
    severity: severity !== null && SEVERITIES.includes(severity) ? (severity as AdverseEventSeverity) : null,
    serious: deriveSeriousness(seriousness?.word ?? null, row),
    ...readSeriousnessCriteria(row, reading),
    ...readCausality(row, reading),
    outcome: outcome?.word ?? null,
    resolved: readMoment(row, 'resolved', timeZone) ?? null,
  };
  return toFactsResult(
    [fact],
    [grade, seriousness, outcome].flatMap((p) => p?.work ?? []),
  );
}
