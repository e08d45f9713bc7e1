import { Failure } from '../errors.ts';
import { toLocalDay } from '../fhir/datetime.ts';
import type { InteractionResult } from '../fhir/interaction.ts';
import { isDerivedId } from '../intake/resource-identity.ts';
import { deriveAdjudicationId } from '../intake/statement-identity.ts';
import type { AcceptInteractions } from '../pipeline/ports.ts';
import { ADJUDICATE_DOOR } from '../store/adjudicate-door.ts';
import type { Store } from '../store/store.ts';
import {
  ADJUDICATION_TOPICS,
  namePoint,
  needsReason,
  type PersonStatement,
} from '../trial/adjudication/person-statement.ts';
import { selectAdjudications } from '../trial/adjudication/select-adjudications.ts';
import type { ResponseClass, SubjectAssessment } from '../trial/assessment.ts';
import { reconcileFacts } from '../trial/counts/reconcile-facts.ts';
import type { AdjudicationFact, Fact, Subject } from '../trial/facts.ts';
import { type AdjudicationRequest, buildAdjudicationObservation } from './adjudication-observation.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import { requireProtocol } from './study-rules.ts';

/** What became of a statement. Printed as JSON. */
export interface AdjudicationSummary {
  /** `Observation/id`, by which it may be corrected or taken back. */
  readonly resource: string;
  readonly disposition: InteractionResult['disposition'];
  readonly subject: string;
  readonly statement: PersonStatement;
  readonly by: string;
  readonly why: string | null;
}

/** A statement of the list, and whether it counts. Printed as JSON. */
export interface ListedAdjudication
  extends Pick<AdjudicationFact, 'statement' | 'by' | 'why' | 'statedAt' | 'origin'> {
  readonly resource: string;
  readonly on: string;
  readonly state: 'in-force' | 'replaced' | 'contradictory';
}

/** Operations on what only a person can state about a subject. */
export interface AdjudicationOperations {
  /**
   * Receives a person's statement as the Observation that a site would send, through the same pipeline. Throws `study/unknown`,
   * `subject/unknown`, `visit/unknown`, or `adjudication/refused` with what to state.
   */
  adjudicate(request: AdjudicationRequest): Promise<AdjudicationSummary>;
  /** Takes back what a person has stated: the resource as `Observation/id`. Throws as `adjudicate`. */
  takeBack(
    subject: Pick<AdjudicationRequest, 'study' | 'subject'>,
    resource: string,
  ): Promise<InteractionResult>;
  /** Lists the statements about a subject, by point and time. */
  listAdjudications(study: string, subject: string): Promise<readonly ListedAdjudication[]>;
}

const refuse = (message: string, fix: string, parameter?: string): Failure =>
  new Failure('adjudication/refused', message, { ...(parameter ? { parameter } : {}), fix });

/** What is known of the subject before the statement. */
interface KnownSubject {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment | undefined;
}

async function readKnownSubject(store: Store, study: string, number: string): Promise<KnownSubject> {
  return store.read(async (tx) => {
    const subject = await tx.subjects.get(study, number);
    if (!subject)
      throw new Failure('subject/unknown', `There is no subject ${number} in ${study}.`, {
        parameter: 'subject',
        fix: 'Check the number, or enrol the subject first.',
      });
    const facts = reconcileFacts(await tx.facts.listForSubject(study, number));
    return { subject, facts, judgement: await tx.assessments.get(study, number) };
  });
}

/** Refuses an adverse event or condition that the subject does not have, with those that they have. */
function requireKnownFocus(statement: PersonStatement, facts: readonly Fact[]): void {
  const about = 'about' in statement ? statement.about : null;
  if (about === null) return;
  const [type = ''] = about.split('/');
  const known = facts
    .filter(({ kind }) => kind === 'adverse-event' || kind === 'condition')
    .map(({ sources: [source] }) => `${source.resourceType}/${source.id}`)
    .filter((reference) => reference.startsWith(`${type}/`));
  if (known.includes(about)) return;
  throw refuse(`The subject has no ${about}.`, `Use one of ${known.join(', ') || '(none was sent)'}.`);
}

/** Returns the engine's class at the visit, with which an investigator may agree. */
function findEngineClass(
  { visit, scope }: Extract<PersonStatement, { readonly topic: 'investigator-response' }>,
  judgement: SubjectAssessment | undefined,
): ResponseClass {
  const found = judgement?.assessments.find((entry) => entry.visit === visit && entry.scope === scope);
  if (found?.value.kind === 'class') return found.value.class;
  const fix = 'Wait until the window of the visit has begun, or run assess.';
  throw refuse(`There is no class of the engine for ${visit}, ${scope}.`, fix, 'visit');
}

/** Completes an agreement with the class that is agreed with, so that a later change of it is seen. */
function addAgreedClass(statement: PersonStatement, { facts, judgement }: KnownSubject): PersonStatement {
  requireKnownFocus(statement, facts);
  if (statement.topic !== 'investigator-response' || !statement.agrees) return statement;
  return { ...statement, class: findEngineClass(statement, judgement) };
}

function requireVisitOfStudy(statement: PersonStatement, visits: readonly string[]): void {
  if (statement.topic !== 'investigator-response') return;
  if ([...visits, 'all'].includes(statement.visit)) return;
  throw new Failure('visit/unknown', `There is no visit ${statement.visit}.`, {
    parameter: 'visit',
    fix: `Use one of ${visits.join(', ')}, or all for the best response.`,
  });
}

/** Throws where the outcome is none of those that were meant. */
function requireOutcome(
  { status, disposition, issues }: InteractionResult,
  meant: readonly InteractionResult['disposition'][],
): void {
  if (status < 400 && meant.includes(disposition)) return;
  const [issue] = issues;
  throw refuse(`The statement was not accepted (${disposition}).`, issue?.diagnostics ?? 'Run work list.');
}

function listStatements(facts: readonly Fact[]): readonly ListedAdjudication[] {
  const points = ADJUDICATION_TOPICS.flatMap((topic) => selectAdjudications(facts, topic));
  const inForce = new Set(points.flatMap((point) => (point.kind === 'settled' ? [point.inForce.key] : [])));
  const contradictory = new Set(
    points.flatMap((point) => (point.kind === 'contradictory' ? point.statements.map(({ key }) => key) : [])),
  );
  const selectState = (key: string): ListedAdjudication['state'] => {
    if (inForce.has(key)) return 'in-force';
    return contradictory.has(key) ? 'contradictory' : 'replaced';
  };
  return facts
    .filter((fact) => fact.kind === 'adjudication')
    .map(({ key, statement, by, why, statedAt, origin, at, sources: [{ resourceType, id }] }) => ({
      ...{ statement, by, why, statedAt, origin },
      resource: `${resourceType}/${id}`,
      on: at.text,
      state: selectState(key),
    }))
    .toSorted((a, b) => compareText(formatOrder(a), formatOrder(b)));
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const formatOrder = ({ statement, statedAt, resource }: ListedAdjudication): string =>
  `${namePoint(statement)} ${statedAt ?? ''} ${resource}`;

/** Creates the operations. `accept` is the pipeline that every sender uses. */
export function createAdjudicationOperations(
  store: Store,
  getSnapshot: () => LibrarySnapshot,
  accept: AcceptInteractions,
): AdjudicationOperations {
  const submit = async (site: string, resource: ReturnType<typeof buildAdjudicationObservation>) => {
    const { resourceType, id = null } = resource;
    const interaction = {
      method: 'update',
      resourceType,
      id,
      resource,
      ifNoneExist: null,
      ifMatch: null,
    } as const;
    const [result] = await accept(site, [interaction], 'each', ADJUDICATE_DOOR);
    if (!result) throw new Error('A statement has no result.');
    return result;
  };
  const build = (request: AdjudicationRequest, { site }: Subject) => {
    const { assessment } = getSnapshot();
    const { study, subject, statement, by } = request;
    const now = assessment.now();
    const today = toLocalDay(now.getTime(), assessment.getTimeZone(site));
    const id = deriveAdjudicationId(site, study, subject, namePoint(statement), by.trim().toLowerCase());
    return buildAdjudicationObservation(request, { id, now: now.toISOString(), today });
  };
  return {
    async adjudicate(request) {
      const { study, subject: number, by, why } = request;
      const { visits } = requireProtocol(getSnapshot().library, study);
      requireVisitOfStudy(
        request.statement,
        visits.map(({ id }) => id),
      );
      const known = await readKnownSubject(store, study, number);
      const statement = addAgreedClass(request.statement, known);
      if (why === null && needsReason(statement))
        throw refuse('The statement needs a reason.', 'State why.', 'why');
      const resource = build({ ...request, statement }, known.subject);
      const result = await submit(known.subject.site, resource);
      requireOutcome(result, ['mapped', 'unchanged']);
      const { disposition } = result;
      return { resource: `Observation/${resource.id}`, disposition, subject: number, statement, by, why };
    },
    async takeBack({ study, subject: number }, reference) {
      requireProtocol(getSnapshot().library, study);
      const { subject, facts } = await readKnownSubject(store, study, number);
      const found = listStatements(facts).find(({ resource }) => resource === reference);
      const id = reference.slice(reference.indexOf('/') + 1);
      if (!found?.by || !isDerivedId(id))
        throw refuse(
          `No statement ${reference} about the subject was made here.`,
          'Run adjudicate list; what a site has sent, the site takes back with status entered-in-error.',
        );
      const request = {
        study,
        subject: number,
        statement: found.statement,
        on: found.on,
        by: found.by.name,
        why: found.why,
      };
      const { id: _derived, ...resource } = build(request, subject);
      const result = await submit(subject.site, { ...resource, id, status: 'entered-in-error' });
      requireOutcome(result, ['ignored', 'unchanged']);
      return result;
    },
    async listAdjudications(study, subject) {
      requireProtocol(getSnapshot().library, study);
      return listStatements((await readKnownSubject(store, study, subject)).facts);
    },
  };
}
