import { buildCodeSystemUrl } from '../../../fhir/canonical-urls.ts';
import { isObject, type Resource } from '../../../fhir/resource.ts';
import {
  ADJUDICATION_TOPICS,
  needsReason,
  type PersonStatement,
  type StatementOf,
} from '../../../trial/adjudication/person-statement.ts';
import type { AdjudicationFact, ConditionFact, Moment } from '../../../trial/facts.ts';
import type { CompiledMappings } from '../../compile-mappings.ts';
import { type MappingResult, toFactsResult, toHeldResult, toIgnoredResult } from '../../mapping-result.ts';
import { listCodings } from '../../meaning/check-concept.ts';
import { createNotUnderstoodNeed } from '../../meaning/meaning-scope.ts';
import type { ViewRow } from '../../view/view-row.ts';
import { createMissingTimeNeed } from '../../work-item-texts.ts';
import { buildFactKey, buildSource, formatResourceKey } from '../fact-base.ts';
import { readLabStatus } from '../observation.ts';
import type { ReaderInput } from '../reader-input.ts';
import { readConcept, readFlag, readMoment, readText, readTexts } from '../row-columns.ts';
import { translateConcept } from '../translate-concept.ts';
import { readPersonStatement } from './adjudication-statement.ts';
import { readStater } from './read-stater.ts';

const ADJUDICATION_VOCABULARY = 'adjudication';
const ADJUDICATION_SYSTEM = buildCodeSystemUrl('adjudication');

/** Whether the Observation is an adjudication: its code has a topic of adjudications at the site. Other views do not read it. */
export function isAdjudication(resource: Resource, { terminology }: CompiledMappings, site: string): boolean {
  if (resource.resourceType !== 'Observation' || !isObject(resource.code)) return false;
  return terminology.translate(site, [ADJUDICATION_VOCABULARY], listCodings(resource.code)).kind === 'term';
}

/**
 * What of an adjudication is the same for every topic. `origin`: a code of the adapter's own system is a person's statement to
 * the trial; a site's own code for the same thing is the record of its EHR.
 */
type AdjudicationHead = Pick<
  AdjudicationFact,
  'subject' | 'at' | 'sources' | 'by' | 'origin' | 'statedAt' | 'why'
>;

function readHead(
  row: ViewRow,
  at: Moment,
  origin: AdjudicationFact['origin'],
  input: ReaderInput,
): AdjudicationHead {
  const note = readTexts(row, 'note').join(' ').trim();
  return {
    subject: input.context.subject,
    at,
    sources: [buildSource(input, input.at)],
    by: readStater(row, 'performer'),
    origin,
    statedAt: readText(row, 'issued'),
    why: note === '' ? null : note,
  };
}

/** Holds a statement with a component that is none of the parts: it may change what is meant. */
function holdUnknownPart(row: ViewRow, at: string): MappingResult | null {
  if (!readFlag(row, 'has_unknown_part')) return null;
  const detail = 'A component is none of the parts of an adjudication.';
  const fix = 'Send components with codes of the code system adjudication-part only.';
  const need = createNotUnderstoodNeed({ element: `${at}.component` }, 'unknown part', detail, fix);
  return toHeldResult(need);
}

/** Holds a statement of which nobody says who made it, or which needs a reason and has none. */
function checkHead(head: AdjudicationHead, statement: PersonStatement, at: string): MappingResult | null {
  if (head.origin === 'record') return null;
  if (head.by === null)
    return toHeldResult(
      createNotUnderstoodNeed(
        { element: `${at}.performer` },
        'nobody is named',
        'The statement does not say who made it.',
        'Send performer with the display or identifier of the person who states it.',
      ),
    );
  if (head.why === null && needsReason(statement))
    return toHeldResult(
      createNotUnderstoodNeed(
        { element: `${at}.note` },
        `no reason:${statement.topic}`,
        'The statement excludes the subject or differs from what somebody else stated, and gives no reason.',
        'Send the reason in note.',
      ),
    );
  return null;
}

/** A clonal finding in the marrow is clonal evolution, by whatever resource it is stated. */
function buildClonalEvolution(
  head: AdjudicationHead,
  { clonalFinding }: StatementOf<'marrow-result'>,
  input: ReaderInput,
): readonly ConditionFact[] {
  if (clonalFinding === null || clonalFinding === 'none') return [];
  const { subject, at, sources } = head;
  return [
    {
      kind: 'condition',
      key: buildFactKey('condition', formatResourceKey(input)),
      ...{ subject, at, sources },
      condition: 'clonal-evolution',
      highRisk: clonalFinding === 'high-risk',
      active: true,
      abated: null,
    },
  ];
}

/**
 * Reads an Observation that states what only a person knows: its topic by code, the statement, who made it (performer), when
 * (issued) and why (note). Held where nobody is named, where a reason is needed and missing, and where the statement is not
 * understood. Source: profile `adjudication`.
 */
export function readAdjudication(row: ViewRow, input: ReaderInput): MappingResult {
  const status = readLabStatus(row, input.at);
  if ('result' in status) return status.result;
  if (status.value === 'preliminary')
    return toIgnoredResult('status-preliminary', `${input.at}.status`, 'The statement is not signed yet.');
  const concept = readConcept(row, 'code');
  const translation = translateConcept(input, [ADJUDICATION_VOCABULARY], concept);
  if ('result' in translation) return translation.result;
  const { term, coding } = translation.value;
  const topic = ADJUDICATION_TOPICS.find((candidate) => candidate === term.code);
  if (topic === undefined)
    throw new Error(`The maps contain an adjudication without a reader: ${term.code}.`);
  const at = readMoment(row, 'effective', input.context.timeZone);
  if (!at) return toHeldResult(createMissingTimeNeed(`${input.at}.effective[x]`, at === null));
  const read = readPersonStatement(topic, row, input);
  if ('result' in read) return read.result;
  const statement = read.value;
  const head = readHead(row, at, coding.system === ADJUDICATION_SYSTEM ? 'person' : 'record', input);
  const held = holdUnknownPart(row, input.at) ?? checkHead(head, statement, input.at);
  if (held) return held;
  const fact: AdjudicationFact = {
    kind: 'adjudication',
    key: buildFactKey('adjudication', topic, formatResourceKey(input)),
    ...head,
    statement,
  };
  const clonal = statement.topic === 'marrow-result' ? buildClonalEvolution(head, statement, input) : [];
  return toFactsResult([fact, ...clonal]);
}
