import type { ConditionFact } from '../../trial/facts.ts';
import { type MappingResult, toFactsResult, toHeldResult, toIgnoredResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createMissingTimeNeed } from '../work-item-texts.ts';
import { readRecordedSeverity } from './adjudication/stated-severity.ts';
import { buildFactKey, buildSource, formatResourceKey } from './fact-base.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readMoment, readText } from './row-columns.ts';
import { translateConcept } from './translate-concept.ts';

const CONDITION_VOCABULARIES = ['condition'];

/** R4 condition-clinical: these are active, the others (inactive, remission, resolved) are not. */
const ACTIVE_STATUSES = new Set(['active', 'recurrence', 'relapse']);

/** R4 condition-ver-status: stated, but not established, so not a fact yet. */
const UNCONFIRMED_VERIFICATIONS: ReadonlySet<string> = new Set([
  'unconfirmed',
  'provisional',
  'differential',
]);

type ConditionCode = ConditionFact['condition'];
const CONDITION_CODES: ReadonlySet<string> = new Set([
  'aplastic-anaemia',
  'infection',
  'clonal-evolution',
] satisfies ConditionCode[]);
const isConditionCode = (code: string): code is ConditionCode => CONDITION_CODES.has(code);

/** Returns the result of a condition that its verification status excludes; null for an established one. */
function checkVerification(row: ViewRow): MappingResult | null {
  const verification = readText(row, 'verification');
  const element = readElementPath(row, 'verification');
  if (verification === 'entered-in-error')
    return toIgnoredResult(verification, element, 'The condition was entered in error.');
  if (verification === 'refuted') return toIgnoredResult(verification, element, 'The condition was refuted.');
  if (verification !== null && UNCONFIRMED_VERIFICATIONS.has(verification))
    return toIgnoredResult(`verification-${verification}`, element, 'The condition is not established.');
  return null;
}

/**
 * Reads one row of a Condition as a fact: aplastic anaemia, infection or clonal evolution, with its onset (else the date
 * recorded) and end. It is active by clinicalStatus; without one, until an end is sent. Refuted and unconfirmed
 * conditions are ignored. The severity of aplastic anaemia is a fact of its own; one that is said and not understood is asked
 * about in addition. Source: FHIR R4 Condition; domain section 3.4.
 */
export function readCondition(row: ViewRow, input: ReaderInput): MappingResult {
  const excluded = checkVerification(row);
  if (excluded) return excluded;
  const { timeZone, subject } = input.context;
  const concept = readConcept(row, 'code');
  const translation = translateConcept(input, CONDITION_VOCABULARIES, concept);
  if ('result' in translation) return translation.result;
  const { code, attributes } = translation.value.term;
  if (!isConditionCode(code)) throw new Error(`The maps contain a condition without a reader: ${code}.`);
  const onset = readMoment(row, 'onset', timeZone);
  const at = onset === undefined ? readMoment(row, 'recorded', timeZone) : onset;
  if (!at) return toHeldResult(createMissingTimeNeed(`${input.at}.onset[x]`, at === null));
  const clinicalStatus = readText(row, 'clinical');
  const highRisk = attributes.find(({ name }) => name === 'high-risk')?.value;
  const fact: ConditionFact = {
    kind: 'condition',
    key: buildFactKey('condition', formatResourceKey(input)),
    subject,
    at,
    sources: [buildSource(input, concept.element)],
    condition: code,
    active: clinicalStatus === null ? !readFlag(row, 'has_abatement') : ACTIVE_STATUSES.has(clinicalStatus),
    abated: readMoment(row, 'abated', timeZone) ?? null,
    ...(onset ? {} : { datedBy: 'recorded' as const }),
    ...(highRisk === undefined ? {} : { highRisk: highRisk === 'true' }),
  };
  if (code !== 'aplastic-anaemia') return toFactsResult([fact]);
  const recorded = readRecordedSeverity(row, at, input);
  return toFactsResult([fact, ...recorded.facts], recorded.work);
}
