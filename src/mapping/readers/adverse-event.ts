import { type AdverseEventFact, CAUSALITIES } from '../../trial/facts.ts';
import {
  type MappingResult,
  toFactsResult,
  toHeldResult,
  toIgnoredResult,
  type WorkNeed,
} from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createMissingTimeNeed, createUnparseableNeed } from '../work-item-texts.ts';
import { ignoreAbsentEvent } from './absent-event.ts';
import { buildFactKey, buildSource, formatResourceKey } from './fact-base.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readMoment, readText } from './row-columns.ts';
import { translateConcept, translateEachCoding } from './translate-concept.ts';

const MEDDRA_SYSTEM = 'https://www.meddra.org';

type AdverseEventSeverity = NonNullable<AdverseEventFact['severity']>;
type AdverseEventGrade = NonNullable<AdverseEventFact['grade']>;

const SEVERITIES: readonly AdverseEventSeverity[] = ['mild', 'moderate', 'severe'];
const GRADES: readonly AdverseEventGrade[] = [1, 2, 3, 4, 5];

/** Date columns in order of preference: when the event occurred, was detected, was recorded (R4). */
const DATE_COLUMNS = ['occurred', 'occurrence', 'detected', 'recorded'] as const;

type AdverseEventTerm = Pick<AdverseEventFact, 'term' | 'code' | 'system' | 'systemVersion'>;

/** Reads the MedDRA coding if there is one (under its current system URL), else the first coding, else the text. */
function readEventTerm(row: ViewRow): AdverseEventTerm | null {
  const prefix = readText(row, 'meddra_code') === null ? 'event' : 'meddra';
  const code = readText(row, `${prefix}_code`);
  const term =
    readText(row, `${prefix}_display`) ??
    readText(row, 'event_text') ??
    readText(row, 'effect_display') ??
    code;
  if (term === null) return null;
  return {
    term,
    code,
    system: prefix === 'meddra' ? MEDDRA_SYSTEM : readText(row, `${prefix}_system`),
    systemVersion: readText(row, `${prefix}_version`),
  };
}

/** Reads the best date; undefined if none was sent, null if the best one cannot be read. */
function readEventDate(
  row: ViewRow,
  timeZone: string,
): Pick<AdverseEventFact, 'at' | 'datedBy'> | null | undefined {
  for (const column of DATE_COLUMNS) {
    const at = readMoment(row, column, timeZone);
    if (at === undefined) continue;
    if (at === null) return null;
    return column === 'detected' || column === 'recorded' ? { at, datedBy: column } : { at };
  }
  return undefined;
}

/** The trial term of a coded property, null if there is none, and the decisions that its code needs. */
interface CodedProperty {
  readonly term: string | null;
  readonly work: readonly WorkNeed[];
}

/** Reads grade, seriousness or outcome. An unmapped code is a work need; the event is a fact all the same. */
function readCodedProperty(
  row: ViewRow,
  property: 'grade' | 'seriousness' | 'outcome',
  input: ReaderInput,
): CodedProperty {
  const concept = readConcept(row, property);
  if (concept.codings.length === 0) return { term: null, work: [] };
  const translation = translateConcept(input, [`adverse-event-${property}`], concept);
  return 'value' in translation
    ? { term: translation.value.term.code, work: [] }
    : { term: null, work: translation.result.work };
}

/** Returns the distinct terms of all codes in the columns; codes without a term are left out. */
function readDistinctTerms(
  row: ViewRow,
  columns: readonly string[],
  vocabulary: string,
  input: ReaderInput,
): readonly string[] {
  const codings = columns.flatMap((column) => readConcept(row, column).codings);
  return [...new Set(translateEachCoding(input, vocabulary, codings))];
}

/** Reads the criteria of seriousness: those that are present, and the one that an R4 seriousness code names. */
function readSeriousnessCriteria(row: ViewRow, input: ReaderInput): Pick<AdverseEventFact, 'criteria'> {
  const columns = ['criterion', 'seriousness'];
  const criteria = [...readDistinctTerms(row, columns, 'adverse-event-criterion', input)].sort();
  return criteria.length > 0 ? { criteria } : {};
}

/** Reads the closest causal relation to any of the suspected entities. */
function readCausality(row: ViewRow, input: ReaderInput): Pick<AdverseEventFact, 'causality'> {
  const terms = readDistinctTerms(row, ['causality', 'relatedness'], 'adverse-event-causality', input);
  const causality = CAUSALITIES.find((candidate) => terms.includes(candidate));
  return causality === undefined ? {} : { causality };
}

/**
 * Derives whether the event is serious as the sender stated it, by the seriousness code or a seriousness criterion that is
 * present; never by the grade. null if neither was sent.
 */
function deriveSeriousness(term: string | null, row: ViewRow): boolean | null {
  if (term !== null) return term === 'serious';
  return readFlag(row, 'criterion_present') ? true : null;
}

/** Returns the result of an event that is not a fact; null for all others. */
function checkEventStatus(row: ViewRow): MappingResult | null {
  if (readText(row, 'status') === 'entered-in-error') {
    const detail = 'The adverse event was entered in error.';
    return toIgnoredResult('entered-in-error', readElementPath(row, 'status'), detail);
  }
  if (readText(row, 'actuality') === 'potential') {
    const detail = 'The event is potential: it did not reach the patient.';
    return toIgnoredResult('potential-adverse-event', readElementPath(row, 'actuality'), detail);
  }
  return null;
}

/**
 * Reads one row of an AdverseEvent as a fact, whatever its term; code, system and version are passed through. Potential
 * events (`actuality`), those entered in error and statements that there was no event are ignored. Grade, seriousness and outcome are null if they were not
 * sent; an unmapped code for one of them is held in addition to the fact.
 * Source: FHIR R4 AdverseEvent; HL7 AE research R4 backport 1.0.1.
 */
export function readAdverseEvent(row: ViewRow, input: ReaderInput): MappingResult {
  const excluded = checkEventStatus(row) ?? ignoreAbsentEvent(row, input);
  if (excluded) return excluded;
  const term = readEventTerm(row);
  if (!term) {
    const fix = 'Send event with a coding that has a display, or with a text.';
    return toHeldResult(createUnparseableNeed(`${input.at}.event`, 'event', 'The event has no term.', fix));
  }
  const { timeZone, subject } = input.context;
  const date = readEventDate(row, timeZone);
  if (!date) return toHeldResult(createMissingTimeNeed(`${input.at}.date`, date === null));
  const grade = readCodedProperty(row, 'grade', input);
  const seriousness = readCodedProperty(row, 'seriousness', input);
  const outcome = readCodedProperty(row, 'outcome', input);
  const sentSeverity = readText(row, 'severity');
  const fact: AdverseEventFact = {
    kind: 'adverse-event',
    key: buildFactKey('adverse-event', formatResourceKey(input)),
    subject,
    ...date,
    sources: [buildSource(input, `${input.at}.event`)],
    ...term,
    grade: GRADES.find((candidate) => String(candidate) === grade.term) ?? null,
    severity: SEVERITIES.find((severity) => severity === sentSeverity) ?? null,
    serious: deriveSeriousness(seriousness.term, row),
    ...readSeriousnessCriteria(row, input),
    ...readCausality(row, input),
    outcome: outcome.term,
    resolved: readMoment(row, 'resolved', timeZone) ?? null,
  };
  return toFactsResult([fact], [...grade.work, ...seriousness.work, ...outcome.work]);
}
