import { Failure } from '../errors.ts';
import { toLocalDay } from '../fhir/datetime.ts';
import type { Interaction, InteractionResult } from '../fhir/interaction.ts';
import type { Resource } from '../fhir/resource.ts';
import { isDerivedId } from '../intake/resource-identity.ts';
import { deriveAdjudicationId } from '../intake/statement-identity.ts';
import { separateInvalid } from '../pipeline/decisions/counted-facts.ts';
import { identifyStatement, type StatedRecord } from '../pipeline/decisions/decided-records.ts';
import { checkMadeDecision, type Decider, logDecision, makeDecision } from '../pipeline/decisions/decider.ts';
import { createAcceptInteractions } from '../pipeline/receive/accept-interactions.ts';
import type { DecisionTrust } from '../signatures/check-decision.ts';
import { SIGNATURE_MEANINGS } from '../signatures/decision-manifest.ts';
import { ADJUDICATE_DOOR } from '../store/adjudicate-door.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import {
  ADJUDICATION_TOPICS,
  namePoint,
  needsReason,
  type PersonStatement,
} from '../trial/adjudication/person-statement.ts';
import { selectAdjudications } from '../trial/adjudication/select-adjudications.ts';
import type { ResponseClass, SubjectAssessment } from '../trial/assessment.ts';
import { reconcileFacts } from '../trial/counts/reconcile-facts.ts';
import type { DecisionValidity } from '../trial/decision-validity.ts';
import type { AdjudicationFact, Fact, Subject } from '../trial/facts.ts';
import { type AdjudicationRequest, buildAdjudicationObservation } from './adjudication-observation.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import { formatRules } from './people/signed-rules.ts';
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
  /** What its signature is worth. */
  readonly validity: DecisionValidity;
}

/** A statement of the list, and whether it counts. Printed as JSON. */
export interface ListedAdjudication
  extends Pick<AdjudicationFact, 'statement' | 'by' | 'why' | 'statedAt' | 'origin'> {
  readonly resource: string;
  readonly on: string;
  /** `invalid`: the decision behind it is not valid, so that it never counts. */
  readonly state: 'in-force' | 'replaced' | 'contradictory' | 'invalid';
  /** What its signature is worth; null for what the site has sent. */
  readonly validity: DecisionValidity | null;
}

/** A request to state something, with the person who does. `seen`: the class that an agreement is with. */
export type StatementRequest = Omit<AdjudicationRequest, 'by' | 'why'> &
  Decider & { readonly seen?: ResponseClass | null };

/** Operations on what only a person can state about a subject. */
export interface AdjudicationOperations {
  /**
   * Receives a person's statement as the Observation that a site would send, through the same pipeline. Throws `study/unknown`,
   * `subject/unknown`, `visit/unknown`, or `adjudication/refused` with what to state; `decision/unsigned` where it needs a
   * signature, `decision/not-shown` and `decision/stale` for an agreement with a class that is not the present one.
   */
  adjudicate(request: StatementRequest): Promise<AdjudicationSummary>;
  /** Takes back what a person has stated: the resource as `Observation/id`. Throws as `adjudicate`. */
  takeBack(
    subject: Pick<AdjudicationRequest, 'study' | 'subject'>,
    resource: string,
    decider: Decider,
  ): Promise<InteractionResult>;
  /** Lists the statements about a subject, by point and time. */
  listAdjudications(study: string, subject: string): Promise<readonly ListedAdjudication[]>;
}

const refuse = (message: string, fix: string, parameter?: string): Failure =>
  new Failure('adjudication/refused', message, { ...(parameter ? { parameter } : {}), fix });

/** What is known of the subject before the statement. */
interface KnownSubject {
  readonly subject: Subject;
  /** Those that count. */
  readonly facts: readonly Fact[];
  /** Statements that do not count, since the decision behind them is not valid. */
  readonly invalid: readonly Fact[];
  readonly judgement: SubjectAssessment | undefined;
}

async function readKnownSubject(
  store: Store,
  trust: DecisionTrust,
  study: string,
  number: string,
): Promise<KnownSubject> {
  return store.read(async (tx) => {
    const subject = await tx.subjects.get(study, number);
    if (!subject)
      throw new Failure('subject/unknown', `There is no subject ${number} in ${study}.`, {
        parameter: 'subject',
        fix: 'Check the number, or enrol the subject first.',
      });
    const stored = await tx.facts.listForSubject(study, number);
    const { counted, invalid } = await separateInvalid(tx, trust, subject, stored);
    const judgement = await tx.assessments.get(study, number);
    return { subject, facts: reconcileFacts(counted), invalid, judgement };
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
function addAgreedClass(
  { statement, seen = null, signer = null }: StatementRequest,
  { facts, judgement }: KnownSubject,
): PersonStatement {
  requireKnownFocus(statement, facts);
  if (statement.topic !== 'investigator-response' || !statement.agrees) return statement;
  const classNow = findEngineClass(statement, judgement);
  requireSeenClass(classNow, seen, signer !== null);
  return { ...statement, class: classNow };
}

/** Refuses an agreement with a class other than the one that the person has seen; a signature needs that it was seen. */
function requireSeenClass(classNow: ResponseClass, seen: ResponseClass | null, isSigned: boolean): void {
  if (seen === null && isSigned)
    throw new Failure('decision/not-shown', 'A signed agreement names the class that was seen.', {
      parameter: 'seen',
      fix: 'Look at the assessment, and state its class.',
    });
  if (seen === null || seen === classNow) return;
  throw new Failure('decision/stale', `The class is ${classNow} by now, not ${seen}.`, {
    parameter: 'seen',
    fix: 'Look at the assessment again, and state its class.',
  });
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
function requireOutcome(result: InteractionResult, isMeant: (result: InteractionResult) => boolean): void {
  if (isMeant(result)) return;
  const { disposition, issues } = result;
  const [issue] = issues;
  throw refuse(`The statement was not accepted (${disposition}).`, issue?.diagnostics ?? 'Run work list.');
}

/** Formats the resource of a statement, `Observation/id`. */
const formatStatementResource = ({ sources: [{ resourceType, id }] }: AdjudicationFact): string =>
  `${resourceType}/${id}`;

function listStatements({
  facts,
  invalid,
}: Pick<KnownSubject, 'facts' | 'invalid'>): readonly ListedAdjudication[] {
  const points = ADJUDICATION_TOPICS.flatMap((topic) => selectAdjudications(facts, topic));
  const inForce = new Set(points.flatMap((point) => (point.kind === 'settled' ? [point.inForce.key] : [])));
  const contradictory = new Set(
    points.flatMap((point) => (point.kind === 'contradictory' ? point.statements.map(({ key }) => key) : [])),
  );
  const selectState = (key: string): ListedAdjudication['state'] => {
    if (inForce.has(key)) return 'in-force';
    return contradictory.has(key) ? 'contradictory' : 'replaced';
  };
  const toListed = (fact: AdjudicationFact, state: ListedAdjudication['state']): ListedAdjudication => {
    const { statement, by, why, statedAt, origin, at, validity = null } = fact;
    const resource = formatStatementResource(fact);
    return { statement, by, why, statedAt, origin, resource, on: at.text, state, validity };
  };
  const isStatement = (fact: Fact) => fact.kind === 'adjudication';
  return [
    ...facts.filter(isStatement).map((fact) => toListed(fact, selectState(fact.key))),
    ...invalid.filter(isStatement).map((fact) => toListed(fact, 'invalid')),
  ].toSorted((a, b) => compareText(formatOrder(a), formatOrder(b)));
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const formatOrder = ({ statement, statedAt, resource }: ListedAdjudication): string =>
  `${namePoint(statement)} ${statedAt ?? ''} ${resource}`;

/** The instant and the site's day of a statement. */
interface StatementTime {
  readonly now: string;
  readonly today: string;
}

/** What the operations need. */
export interface AdjudicationDependencies {
  readonly store: Store;
  getSnapshot(): LibrarySnapshot;
}

/** Receives one resource through the pipeline that every sender uses, and records the decision behind it with it. */
async function submit(
  { store, getSnapshot }: AdjudicationDependencies,
  site: string,
  resource: Resource,
  isMeant: (result: InteractionResult) => boolean,
  record: (tx: StoreTransaction) => Promise<void>,
): Promise<InteractionResult> {
  const { resourceType, id = null } = resource;
  const version = { ifNoneExist: null, ifMatch: null };
  const interaction: Interaction = { method: 'update', resourceType, id, resource, ...version };
  // One transaction: no statement without its decision, no decision without its statement.
  const accept = createAcceptInteractions({ ...getSnapshot().pipeline, store }, async (tx, [first]) => {
    if (first && isMeant(first)) await record(tx);
  });
  const [result] = await accept(site, [interaction], 'each', ADJUDICATE_DOOR);
  if (!result) throw new Error('A statement has no result.');
  return result;
}

const isOutcome =
  (meant: readonly InteractionResult['disposition'][]) =>
  ({ status, disposition }: InteractionResult): boolean =>
    status < 400 && meant.includes(disposition);

const isStated = isOutcome(['mapped', 'unchanged']);
const isTakenBack = isOutcome(['ignored', 'unchanged']);

function readStatementTime({ assessment }: LibrarySnapshot, site: string): StatementTime {
  const now = assessment.now();
  return { now: now.toISOString(), today: toLocalDay(now.getTime(), assessment.getTimeZone(site)) };
}

/** Makes the decision of a statement, which is a record of its own. */
function decideStatement(
  snapshot: LibrarySnapshot,
  subject: Subject,
  decider: Decider,
  stated: StatedRecord,
  { now }: StatementTime,
  isTakeBack: boolean,
) {
  const { statement, on } = stated;
  const decided = {
    record: identifyStatement(subject, stated),
    rules: formatRules(snapshot),
    decision: isTakeBack ? { takenBack: true, statement, on } : { statement, on },
    meaning: isTakeBack ? SIGNATURE_MEANINGS.takeBack : SIGNATURE_MEANINGS.statement,
    isAboutShown: false,
  };
  const made = makeDecision(snapshot.assessment.trust, decider, decided, now);
  return { decided, made };
}

/** States what a person states, as the Observation that a site would send. */
async function submitStatement(
  dependencies: AdjudicationDependencies,
  request: StatementRequest,
): Promise<AdjudicationSummary> {
  const snapshot = dependencies.getSnapshot();
  const { study, subject: number, why, signer = null } = request;
  const { trust } = snapshot.assessment;
  const known = await readKnownSubject(dependencies.store, trust, study, number);
  const statement = addAgreedClass(request, known);
  if (why === null && needsReason(statement))
    throw refuse('The statement needs a reason.', 'State why.', 'why');
  const { subject } = known;
  const time = readStatementTime(snapshot, subject.site);
  const by = (signer?.identity.name ?? request.by).trim();
  const id = deriveAdjudicationId(subject.site, study, number, namePoint(statement), by.toLowerCase());
  const on = request.on ?? time.today;
  const resource = buildAdjudicationObservation(
    { study, subject: number, statement, on, by, why },
    { id, ...time },
  );
  const stated = { resource: `Observation/${id}`, statement, on, by, statedAt: time.now, why };
  const { decided, made } = decideStatement(snapshot, subject, { ...request, by }, stated, time, false);
  const result = await submit(dependencies, subject.site, resource, isStated, (tx) =>
    logDecision(tx, decided, made),
  );
  requireOutcome(result, isStated);
  const validity = checkMadeDecision(trust, decided, made);
  return {
    resource: stated.resource,
    disposition: result.disposition,
    subject: number,
    statement,
    by,
    why,
    validity,
  };
}

/** Takes a statement back: it is marked as entered in error. */
async function takeBackStatement(
  dependencies: AdjudicationDependencies,
  { study, subject: number }: Pick<AdjudicationRequest, 'study' | 'subject'>,
  reference: string,
  decider: Decider,
): Promise<InteractionResult> {
  const snapshot = dependencies.getSnapshot();
  const known = await readKnownSubject(dependencies.store, snapshot.assessment.trust, study, number);
  const found = listStatements(known).find(({ resource }) => resource === reference);
  const id = reference.slice(reference.indexOf('/') + 1);
  if (!found?.by || !isDerivedId(id))
    throw refuse(
      `No statement ${reference} about the subject was made here.`,
      'Run adjudicate list; what a site has sent, the site takes back with status entered-in-error.',
    );
  const { subject } = known;
  const { statement, on, why } = found;
  const by = found.by.name;
  const time = readStatementTime(snapshot, subject.site);
  const built = buildAdjudicationObservation(
    { study, subject: number, statement, on, by, why },
    { id, ...time },
  );
  const stated = { resource: reference, statement, on, by, statedAt: time.now, why };
  const { decided, made } = decideStatement(snapshot, subject, decider, stated, time, true);
  const result = await submit(
    dependencies,
    subject.site,
    { ...built, status: 'entered-in-error' },
    isTakenBack,
    (tx) => logDecision(tx, decided, made),
  );
  requireOutcome(result, isTakenBack);
  return result;
}

/** Creates the operations, by the library in use. */
export function createAdjudicationOperations(dependencies: AdjudicationDependencies): AdjudicationOperations {
  const { store, getSnapshot } = dependencies;
  return {
    async adjudicate(request) {
      const { visits } = requireProtocol(getSnapshot().library, request.study);
      requireVisitOfStudy(
        request.statement,
        visits.map(({ id }) => id),
      );
      return submitStatement(dependencies, request);
    },
    async takeBack(subject, reference, decider) {
      requireProtocol(getSnapshot().library, subject.study);
      return takeBackStatement(dependencies, subject, reference, decider);
    },
    async listAdjudications(study, subject) {
      const { library, assessment } = getSnapshot();
      requireProtocol(library, study);
      return listStatements(await readKnownSubject(store, assessment.trust, study, subject));
    },
  };
}
