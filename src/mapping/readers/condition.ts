import type { ConditionFact } from '../../trial/facts.ts';
import { toFactsResult, toHeldResult, toIgnoredResult } from '../build-result.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createMissingTimeNeed } from '../work-item-texts.ts';
import { buildFactKey, formatResourceKey } from './fact-keys.ts';
import { buildSource } from './fact-source.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readMoment, readText } from './row-columns.ts';
import { toUntranslatedResult } from './translate-concept.ts';

const CONDITION_VOCABULARIES = ['condition'];

/** R4 condition-clinical: these are active, the others (inactive, remission, resolved) are not. */
const ACTIVE_STATUSES = new Set(['active', 'recurrence', 'relapse']);

/** R4 condition-ver-status: nothing that is true of the patient. */
const EXCLUDED_VERIFICATIONS: ReadonlySet<string> = new Set(['entered-in-error', 'refuted']);

/** Said, but not established: no fact until it is. */
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

function checkVerification(row: ViewRow): MappingResult | null {
  const verification = readText(row, 'verification');
  const element = readElementPath(row, 'verification');
  if (verification === 'entered-in-error')
    return toIgnoredResult(verification, element, 'It was entered in error.');
  if (verification !== null && EXCLUDED_VERIFICATIONS.has(verification))
    return toIgnoredResult(verification, element, 'It is not so.');
  if (verification !== null && UNCONFIRMED_VERIFICATIONS.has(verification))
    return toIgnoredResult(`verification-${verification}`, element, 'It is not established.');
  return null;
}

/**
 * One row of a Condition as a fact: aplastic anaemia, infection or clonal evolution, with onset (else the date recorded) and end. It is
 * active by clinicalStatus, else while no end was sent. Refuted and unconfirmed conditions are ignored.
 * Source: FHIR R4 Condition; domain section 3.4.
 */
export function readCondition(row: ViewRow, reading: ReaderInput): MappingResult {
  const not = checkVerification(row);
  if (not) return not;
  const { mappings: tools, context } = reading;
  const concept = readConcept(row, 'code');
  const meaning = tools.terminology.translate(context.site, CONDITION_VOCABULARIES, concept.codings);
  if (meaning.kind !== 'word') return toUntranslatedResult(tools, CONDITION_VOCABULARIES, concept, meaning);
  const { code } = meaning.term;
  if (!isConditionCode(code))
    throw new Error(`The maps give a condition that mapping does not know: ${code}.`);
  const onset = readMoment(row, 'onset', context.timeZone);
  const at = onset === undefined ? readMoment(row, 'recorded', context.timeZone) : onset;
  if (!at) return toHeldResult(createMissingTimeNeed(`${reading.at}.onset[x]`, at === null));
  const clinical = readText(row, 'clinical');
  const abated = readMoment(row, 'abated', context.timeZone) ?? null;
  const highRisk = meaning.term.attributes.find(({ name }) => name === 'high-risk')?.value;
  const fact: ConditionFact = {
    kind: 'condition',
    key: buildFactKey('condition', formatResourceKey(reading)),
    subject: context.subject,
    at,
    sources: [buildSource(reading, concept.element)],
    condition: code,
    active: clinical === null ? !readFlag(row, 'has_abatement') : ACTIVE_STATUSES.has(clinical),
    abated,
    ...(highRisk === undefined ? {} : { highRisk: highRisk === 'true' }),
  };
  return toFactsResult([fact]);
}
