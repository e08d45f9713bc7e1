import type { ConditionFact } from '../trial/facts.ts';
import { keyOf } from './keys.ts';
import type { Mapped } from './mapped.ts';
import { momentIn, needsTime, type Reading, resourceKey, sourceOf, withoutWord } from './reading.ts';
import { held, ignored, states } from './results.ts';
import { conceptOf, elementOf, flag, text } from './row.ts';
import type { Row } from './view/compile.ts';

const VOCABULARY = ['condition'];

/** R4 condition-clinical: these are active, the others (inactive, remission, resolved) are not. */
const ACTIVE = new Set(['active', 'recurrence', 'relapse']);

/** R4 condition-ver-status: nothing that is true of the patient. */
const NOT_SO: ReadonlySet<string> = new Set(['entered-in-error', 'refuted']);

/** Said, but not established: no fact until it is. */
const NOT_YET: ReadonlySet<string> = new Set(['unconfirmed', 'provisional', 'differential']);

type ConditionWord = ConditionFact['condition'];
const CONDITIONS: ReadonlySet<string> = new Set([
  'aplastic-anaemia',
  'infection',
  'clonal-evolution',
] satisfies ConditionWord[]);
const isCondition = (code: string): code is ConditionWord => CONDITIONS.has(code);

function refused(row: Row): Mapped | null {
  const verification = text(row, 'verification');
  const element = elementOf(row, 'verification');
  if (verification === 'entered-in-error') return ignored(verification, element, 'It was entered in error.');
  if (verification !== null && NOT_SO.has(verification))
    return ignored(verification, element, 'It is not so.');
  if (verification !== null && NOT_YET.has(verification))
    return ignored(`verification-${verification}`, element, 'It is not established.');
  return null;
}

/**
 * One row of a Condition as a fact: aplastic anaemia, infection or clonal evolution, with onset (else the date recorded) and end. It is
 * active by clinicalStatus, else while no end was sent. Refuted and unconfirmed conditions are ignored.
 * Source: FHIR R4 Condition; domain section 3.4.
 */
export function readCondition(row: Row, reading: Reading): Mapped {
  const not = refused(row);
  if (not) return not;
  const { tools, context } = reading;
  const concept = conceptOf(row, 'code');
  const meaning = tools.concepts.find(context.site, VOCABULARY, concept.codings);
  if (meaning.kind !== 'word') return withoutWord(tools, VOCABULARY, concept, meaning);
  const { code } = meaning.word;
  if (!isCondition(code)) throw new Error(`The maps give a condition that mapping does not know: ${code}.`);
  const onset = momentIn(row, 'onset', context.timeZone);
  const at = onset === undefined ? momentIn(row, 'recorded', context.timeZone) : onset;
  if (!at) return held(needsTime(`${reading.at}.onset[x]`, at === null));
  const clinical = text(row, 'clinical');
  const abated = momentIn(row, 'abated', context.timeZone) ?? null;
  const highRisk = meaning.word.attributes.find(({ name }) => name === 'high-risk')?.value;
  const fact: ConditionFact = {
    kind: 'condition',
    key: keyOf('condition', resourceKey(reading)),
    subject: context.subject,
    at,
    sources: [sourceOf(reading, concept.element)],
    condition: code,
    active: clinical === null ? !flag(row, 'has_abatement') : ACTIVE.has(clinical),
    abated,
    ...(highRisk === undefined ? {} : { highRisk: highRisk === 'true' }),
  };
  return states([fact]);
}
