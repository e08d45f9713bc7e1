import { buildCodeSystemUrl } from '../../../fhir/canonical-urls.ts';
import { readDigits } from '../../../fhir/lossless-json.ts';
import { parseReference, toLocalKey } from '../../../fhir/reference.ts';
import {
  type AdjudicationTopic,
  CLONAL_FINDINGS,
  type PersonStatement,
  type StatedDay,
} from '../../../trial/adjudication/person-statement.ts';
import { CAUSALITIES } from '../../../trial/causality.ts';
import { holdValue, type ValueOrResult, type WorkNeed } from '../../mapping-result.ts';
import { createNotUnderstoodNeed } from '../../meaning/meaning-scope.ts';
import { isShowableTerm } from '../../showable-text.ts';
import { ExactDecimal } from '../../units/ucum.ts';
import type { ViewRow } from '../../view/view-row.ts';
import { createUnparseableNeed } from '../../work-item-texts.ts';
import type { ReaderInput } from '../reader-input.ts';
import { readMoment, readQuantity, readText, readTexts } from '../row-columns.ts';
import { readStatedConcepts } from '../stated-concepts.ts';
import { readStatedProperty } from '../stated-property.ts';
import { readDiagnosedSeverity } from './stated-severity.ts';

type StatementReader = (row: ViewRow, input: ReaderInput) => ValueOrResult<PersonStatement>;

const RESPONSE_CLASSES = ['CR', 'PR', 'NR', 'NE'] as const;
const RESPONSE_SCOPES = ['overall', 'erythroid', 'neutrophil', 'platelet'] as const;
const GRADES = [1, 2, 3, 4, 5] as const;

/** Holds a part of a statement that is missing or not understood. */
function holdPart(
  input: ReaderInput,
  element: string,
  about: string,
  detail: string,
  fix: string,
): { readonly result: ReturnType<typeof holdValue>['result'] } {
  return holdValue(createNotUnderstoodNeed({ element: `${input.at}.${element}` }, about, detail, fix));
}

/** Reads the code of one of the adapter's own systems from a concept; null if it has none, or another one. */
function readOwnCode<T extends string>(
  row: ViewRow,
  prefix: string,
  system: string,
  codes: readonly T[],
): T | null {
  const url = buildCodeSystemUrl(system);
  const sent = readStatedConcepts(row, prefix)
    .flatMap(({ codings }) => codings)
    .filter((coding) => coding.system === url);
  const [code = null, ...others] = codes.filter((known) => sent.some((coding) => coding.code === known));
  return others.length === 0 ? code : null;
}

/** Reads a boolean; null where none was sent. */
const readBoolean = (row: ViewRow, column: string): boolean | null => {
  const value = row.getValue(column);
  return typeof value === 'boolean' ? value : null;
};

/** Reads the answer of a statement that is yes or no. */
function readAnswer(row: ViewRow, input: ReaderInput): ValueOrResult<boolean> {
  const answer = readBoolean(row, 'value_boolean');
  if (answer !== null) return { value: answer };
  return holdPart(input, 'value[x]', 'no answer', 'The statement has no answer.', 'Send valueBoolean.');
}

/** Reads `Type/id` of the one resource of the type that is adjudicated; null where none is named. */
function readFocus(row: ViewRow, type: string, input: ReaderInput): ValueOrResult<string | null> {
  const [reference, ...others] = readTexts(row, 'focus');
  if (reference === undefined) return { value: null };
  const parsed = parseReference(reference);
  const key = parsed && others.length === 0 ? toLocalKey(parsed) : null;
  if (key?.startsWith(`${type}/`)) return { value: key };
  const fix = `Send one reference, ${type}/id.`;
  return holdPart(input, 'focus', `no ${type}`, `The focus does not lead to one ${type}.`, fix);
}

/** Reads a day; null where none was sent. */
function readDay(row: ViewRow, column: string, input: ReaderInput): ValueOrResult<StatedDay | null> {
  const moment = readMoment(row, column, input.context.timeZone);
  if (moment === null)
    return holdPart(input, 'component', `${column}: no date`, `${column} is no date.`, 'Send a date.');
  if (moment === undefined) return { value: null };
  const { text, earliestDay, latestDay } = moment;
  return { value: { text, earliestDay, latestDay } };
}

const readSeverity: StatementReader = (row, input) => {
  const { severity, work } = readDiagnosedSeverity(readStatedConcepts(row, 'value'), input);
  if (severity !== null) return { value: { topic: 'severity-at-diagnosis', severity } };
  const [first, ...others] = work;
  if (first) return holdValue(first, ...others);
  const fix = 'Send valueCodeableConcept with SAA, VSAA or NSAA of the code system disease-severity.';
  return holdPart(input, 'value[x]', 'no severity', 'The statement has no severity.', fix);
};

type Cellularity = { readonly percent: string; readonly comparator: string | null };

/** Reads the cellularity, which is a share of 0 to 100 %; null where none was sent. */
function readCellularity(row: ViewRow, input: ReaderInput): ValueOrResult<Cellularity | null> {
  const sent = readQuantity(row, 'cellularity');
  if (sent === null) return { value: null };
  const percent = sent.value === null ? null : readDigits(row.getValue('cellularity_value'));
  const isShare = percent !== null && new ExactDecimal(percent).gte(0) && new ExactDecimal(percent).lte(100);
  if (percent !== null && isShare && (sent.code ?? sent.unit) === '%')
    return { value: { percent, comparator: sent.comparator } };
  const fix = 'Send a number of 0 to 100 with the unit %.';
  const detail = 'The cellularity is no share in percent.';
  return holdValue(createUnparseableNeed(`${input.at}.component`, 'cellularity', detail, fix));
}

const readMarrow: StatementReader = (row, input) => {
  const cellularity = readCellularity(row, input);
  if ('result' in cellularity) return cellularity;
  const isCriterionMet = readBoolean(row, 'value_boolean');
  const clonalFinding = readOwnCode(row, 'clonal_finding', 'clonal-finding', CLONAL_FINDINGS);
  const isUnknownFinding = clonalFinding === null && readStatedConcepts(row, 'clonal_finding').length > 0;
  if (isUnknownFinding || (cellularity.value === null && isCriterionMet === null && clonalFinding === null)) {
    const fix = `Send component cellularity, valueBoolean, or component clonal-finding with ${CLONAL_FINDINGS.join(', ')}.`;
    return holdPart(input, 'component', 'no marrow result', 'The marrow result is not understood.', fix);
  }
  return {
    value: { topic: 'marrow-result', cellularity: cellularity.value, isCriterionMet, clonalFinding },
  };
};

/** Reads the relation to the study product, in the codes of adverse events. */
function readRelation(row: ViewRow, input: ReaderInput) {
  const concepts = readStatedConcepts(row, 'relation');
  const { terms, work } = readStatedProperty(concepts, { vocabulary: 'adverse-event-causality' }, input);
  return { relation: CAUSALITIES.find((candidate) => terms.includes(candidate)) ?? null, work };
}

const readEvent: StatementReader = (row, input) => {
  const focus = readFocus(row, 'AdverseEvent', input);
  if ('result' in focus) return focus;
  const { relation, work } = readRelation(row, input);
  const [unknown, ...others]: readonly WorkNeed[] = work;
  if (unknown) return holdValue(unknown, ...others);
  const sentGrade = readDigits(row.getValue('grade') ?? null);
  const grade = GRADES.find((candidate) => String(candidate) === sentGrade) ?? null;
  const serious = readBoolean(row, 'serious');
  const isOfStudy = readBoolean(row, 'of_study');
  const isNothing = [relation, grade, serious, isOfStudy].every((part) => part === null);
  if (focus.value === null || isNothing || (sentGrade !== null && grade === null)) {
    const fix = 'Send focus AdverseEvent/id, and component relation, grade (1 to 5), serious or of-study.';
    return holdPart(input, 'component', 'no event', 'The adjudication is not understood.', fix);
  }
  return {
    value: { topic: 'event-adjudication', about: focus.value, relation, grade, serious, isOfStudy },
  };
};

const readInfection: StatementReader = (row, input) => {
  const focus = readFocus(row, 'Condition', input);
  if ('result' in focus) return focus;
  const answer = readAnswer(row, input);
  if ('result' in answer) return answer;
  const from = readDay(row, 'from', input);
  if ('result' in from) return from;
  const to = readDay(row, 'to', input);
  if ('result' in to) return to;
  const days = { from: from.value, to: to.value };
  if (days.from && days.to && days.to.latestDay < days.from.earliestDay)
    return holdPart(input, 'component', 'to before from', 'It ends before it begins.', 'Correct the days.');
  return {
    value: { topic: 'infection-adjudication', about: focus.value, isActivated: answer.value, ...days },
  };
};

const createMembershipReader =
  (topic: 'evaluability' | 'per-protocol'): StatementReader =>
  (row, input) => {
    const answer = readAnswer(row, input);
    return 'result' in answer ? answer : { value: { topic, holds: answer.value } };
  };

/** Reads the visit, which must be one of the study's protocol, or `all` for the best response. */
function readVisit(row: ViewRow, input: ReaderInput): ValueOrResult<string> {
  const visit = readText(row, 'visit')?.trim() ?? '';
  const { visits = null } = input.context;
  if (visit !== '' && (visits === null || ['all', ...visits].includes(visit))) return { value: visit };
  const shown = isShowableTerm(visit) && visit !== '' ? visit : '(not named)';
  const known = visits === null ? 'a visit of the protocol' : `one of ${visits.join(', ')}`;
  const fix = `Send component visit with valueString: ${known}, or all for the best response.`;
  return holdPart(input, 'component', `visit ${shown}`, `The protocol has no visit ${shown}.`, fix);
}

const readResponse: StatementReader = (row, input) => {
  const visit = readVisit(row, input);
  if ('result' in visit) return visit;
  const isScopeSent = readStatedConcepts(row, 'scope').length > 0;
  const scope = isScopeSent ? readOwnCode(row, 'scope', 'assessment-scope', RESPONSE_SCOPES) : 'overall';
  const stated = readOwnCode(row, 'value', 'response-class', RESPONSE_CLASSES);
  const agrees = readOwnCode(row, 'value', 'adjudication-answer', ['agree']) !== null;
  if (scope === null || (stated === null && !agrees)) {
    const fix =
      'Send valueCodeableConcept with a code of response-class, agree of adjudication-answer, or both; component scope with a code of assessment-scope.';
    return holdPart(input, 'value[x]', 'no class', 'The class or its scope is not understood.', fix);
  }
  return {
    value: { topic: 'investigator-response', visit: visit.value, scope, class: stated, agrees },
  };
};

const STATEMENT_READERS: Readonly<Record<AdjudicationTopic, StatementReader>> = {
  'severity-at-diagnosis': readSeverity,
  'marrow-result': readMarrow,
  'event-adjudication': readEvent,
  'infection-adjudication': readInfection,
  evaluability: createMembershipReader('evaluability'),
  'per-protocol': createMembershipReader('per-protocol'),
  'investigator-response': readResponse,
};

/**
 * Reads the statement of a topic from a row of the view `observation-adjudication`. Held where it is missing or not understood;
 * codes are those of the adapter's own systems, severity and relation also those of the site's maps.
 */
export const readPersonStatement = (
  topic: AdjudicationTopic,
  row: ViewRow,
  input: ReaderInput,
): ValueOrResult<PersonStatement> => STATEMENT_READERS[topic](row, input);
