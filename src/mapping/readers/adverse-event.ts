import { CAUSALITIES } from '../../trial/causality.ts';
import type { AdverseEventFact } from '../../trial/facts.ts';
import {
  type MappingResult,
  toFactsResult,
  toHeldResult,
  toIgnoredResult,
  type WorkNeed,
} from '../mapping-result.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createAmbiguousCodeNeed, createMissingTimeNeed, createUnparseableNeed } from '../work-item-texts.ts';
import { createUnreadablePropertyNeed } from '../work-item-words.ts';
import { ignoreAbsentEvent } from './absent-event.ts';
import { buildFactKey, buildSource, formatResourceKey } from './fact-base.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readMoment, readText, readTexts } from './row-columns.ts';
import { readStatedConcepts } from './stated-concepts.ts';
import { readStatedProperty, type StatedProperty } from './stated-property.ts';
import { translateEachCoding } from './translate-concept.ts';

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

type CodedProperty = 'grade' | 'severity' | 'seriousness' | 'outcome';

/** The trial term of a coded property, null if there is none, and the decisions that it needs. */
interface CodedTerm {
  readonly term: string | null;
  readonly work: readonly WorkNeed[];
}

/** Reads a property that has one term. What is not understood is a work need; the event is a fact all the same. */
function readCodedProperty(row: ViewRow, property: CodedProperty, input: ReaderInput): CodedTerm {
  const vocabulary = `adverse-event-${property}`;
  const concepts = readStatedConcepts(row, property);
  const { terms, work } = readStatedProperty(concepts, { vocabulary }, input);
  const [term, ...others] = terms;
  if (term === undefined) return { term: null, work };
  if (others.length === 0) return { term, work };
  const [first] = concepts;
  const codings = concepts.flatMap((concept) => concept.codings);
  const files = input.mappings.terminology.listGeneralFiles([vocabulary]);
  const sent = { element: first?.element ?? input.at, text: null, codings };
  return { term: null, work: [...work, createAmbiguousCodeNeed(sent, files, [vocabulary])] };
}

/** Reads the grade, which an extension states: one that is a number or a text instead of a concept is asked about too. */
function readGrade(row: ViewRow, input: ReaderInput): CodedTerm {
  if (!readFlag(row, 'grade_other')) return readCodedProperty(row, 'grade', input);
  const element = readElementPath(row, 'grade_other') || input.at;
  return {
    term: null,
    work: [createUnreadablePropertyNeed(element, 'adverse-event-grade', formatResource(input))],
  };
}

const formatResource = ({ resource }: ReaderInput): string => `${resource.resourceType}/${resource.id ?? ''}`;

/** Members of the fact that are absent where nothing is stated, and the decisions that they need. */
interface ReadMembers<T> {
  readonly members: T;
  readonly work: readonly WorkNeed[];
}

/** Reads the criteria of seriousness: those that are present, and the one that an R4 seriousness code names. */
function readSeriousnessCriteria(
  row: ViewRow,
  input: ReaderInput,
): ReadMembers<Pick<AdverseEventFact, 'criteria'>> {
  const vocabulary = 'adverse-event-criterion';
  const property = { vocabulary, takesSeveral: true };
  const { terms, work } = readStatedProperty(readStatedConcepts(row, 'criterion'), property, input);
  const { codings } = readConcept(row, 'seriousness');
  const criteria = [...new Set([...terms, ...translateEachCoding(input, vocabulary, codings)])].sort();
  return { members: criteria.length > 0 ? { criteria } : {}, work };
}

const CAUSALITY = { vocabulary: 'adverse-event-causality', takesSeveral: true } as const;

/** Reads `causality.productRelatedness` of R4, a text, where no code states the relation. */
function readProductRelatedness(row: ViewRow, input: ReaderInput): StatedProperty {
  const texts = readTexts(row, 'product_relatedness');
  const concepts = texts.map((text, i) => ({
    element: row.listOrigins('product_relatedness')?.[i] || input.at,
    codings: [],
    bareCodes: [],
    bareDisplays: [],
    text,
  }));
  return readStatedProperty(concepts, CAUSALITY, input);
}

/** Reads the closest causal relation to any of the suspected entities. */
function readCausality(row: ViewRow, input: ReaderInput): ReadMembers<Pick<AdverseEventFact, 'causality'>> {
  const concepts = ['causality', 'relatedness'].flatMap((column) => readStatedConcepts(row, column));
  const coded = readStatedProperty(concepts, CAUSALITY, input);
  const { terms, work } = concepts.length > 0 ? coded : readProductRelatedness(row, input);
  const causality = CAUSALITIES.find((candidate) => terms.includes(candidate));
  return { members: causality === undefined ? {} : { causality }, work };
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
 * events (`actuality`), those entered in error and statements that there was no event are ignored. Grade, severity,
 * seriousness, causality and outcome are missing if they were not sent; what is said of one of them and not understood (an
 * unknown code, a text, a code without a system) is asked about in addition to the fact.
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
  const grade = readGrade(row, input);
  const severity = readCodedProperty(row, 'severity', input);
  const seriousness = readCodedProperty(row, 'seriousness', input);
  const criteria = readSeriousnessCriteria(row, input);
  const causality = readCausality(row, input);
  const outcome = readCodedProperty(row, 'outcome', input);
  const fact: AdverseEventFact = {
    kind: 'adverse-event',
    key: buildFactKey('adverse-event', formatResourceKey(input)),
    subject,
    ...date,
    sources: [buildSource(input, `${input.at}.event`)],
    ...term,
    grade: GRADES.find((candidate) => String(candidate) === grade.term) ?? null,
    severity: SEVERITIES.find((candidate) => candidate === severity.term) ?? null,
    serious: deriveSeriousness(seriousness.term, row),
    ...criteria.members,
    ...causality.members,
    outcome: outcome.term,
    resolved: readMoment(row, 'resolved', timeZone) ?? null,
  };
  const asked = [grade, severity, seriousness, criteria, causality, outcome].flatMap(({ work }) => work);
  return toFactsResult([fact], asked);
}
