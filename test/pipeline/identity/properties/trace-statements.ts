import { toCanonicalJson } from '../../../../src/fhir/canonical-json.ts';
import type { InteractionResult } from '../../../../src/fhir/interaction.ts';
import { parseJson } from '../../../../src/fhir/lossless-json.ts';
import { isObject, type Resource } from '../../../../src/fhir/resource.ts';
import { isDerivedId } from '../../../../src/intake/resource-identity.ts';
import { normaliseContent } from '../../../../src/intake/statement-identity.ts';
import { readCurrentContent } from '../../../../src/pipeline/facts/current-content.ts';
import { resolveContext } from '../../../../src/pipeline/facts/inherit-from-report.ts';
import { findReplacement } from '../../../../src/pipeline/facts/statement-relations.ts';
import {
  hashPatientIdentifier,
  hashResourceKey,
  openPayload,
} from '../../../../src/pipeline/sealed-payloads.ts';
import type { SiteTransaction } from '../../../../src/pipeline/site-transaction.ts';
import type { ResourceKey, ResourceVersion } from '../../../../src/store/inbox-store.ts';
import type { WorkItem } from '../../../../src/store/work-item-store.ts';
import { reconcileFacts } from '../../../../src/trial/counts/reconcile-facts.ts';
import { separateWithdrawn } from '../../../../src/trial/counts/statements-in-force.ts';
import type { Fact } from '../../../../src/trial/facts.ts';
import { formatStatingResource } from '../../../../src/trial/source-key.ts';
import { SANDBOX_SITE, SANDBOX_STUDY } from '../../pipeline-sandbox.ts';
import { type CaseAnswer, formatCaseResource } from '../case-deliveries.ts';
import { listShownResources } from './describe-facts.ts';
import { hasFacts, SUBJECTS, type SubjectNumber, type Trace } from './fates.ts';
import type { SequenceDelivery, Statement } from './sequences.ts';

/* Finds in the store what became of each statement. */

/** What a resource says apart from its id and its references, in which ids of entries are replaced. */
function formatSignature(resource: Resource): string {
  const {
    id: _id,
    subject: _subject,
    specimen: _specimen,
    result: _result,
    extension: _extension,
    ...rest
  } = resource;
  const { versionId, lastUpdated } = isObject(resource.meta) ? resource.meta : {};
  return toCanonicalJson([normaliseContent(rest), versionId ?? null, lastUpdated ?? null]);
}

/** What is known of a subject. */
interface SubjectContents {
  readonly subject: SubjectNumber;
  /** `Type/id` of every resource that the facts in force show. */
  readonly shown: ReadonlySet<string>;
  readonly withdrawals: readonly Fact[];
  readonly withdrawn: readonly Fact[];
}

async function readSubject(site: SiteTransaction, subject: SubjectNumber): Promise<SubjectContents> {
  const stated = await site.facts.listForSubject(SANDBOX_STUDY, subject);
  const { standing } = separateWithdrawn(stated);
  return {
    subject,
    shown: new Set(reconcileFacts(stated).flatMap(listShownResources)),
    withdrawals: stated.filter(({ kind }) => kind === 'withdrawal'),
    withdrawn: stated.filter((fact) => fact.kind !== 'withdrawal' && !standing.includes(fact)),
  };
}

/** The contents of the store, by resource. */
interface StoredContents {
  readonly site: SiteTransaction;
  readonly open: readonly WorkItem[];
  readonly subjects: readonly SubjectContents[];
  /** Every statement, by `Type/id` of its resource. */
  readonly statements: ReadonlyMap<string, readonly Statement[]>;
  readonly sealed: readonly Statement[];
}

const formatName = ({ resourceType, id }: Pick<ResourceKey, 'resourceType' | 'id'>): string =>
  `${resourceType}/${id}`;

const parseName = (name: string): ResourceKey => {
  const [resourceType = '', id = ''] = name.split('/');
  return { site: SANDBOX_SITE, resourceType, id };
};

const readBody = ({ body }: ResourceVersion): Resource => parseJson(body ?? '{}') as Resource;

const sentResources = new WeakMap<Statement, Resource>();

function parseSent(statement: Statement): Resource {
  const known = sentResources.get(statement);
  if (known) return known;
  const resource = parseJson(formatCaseResource(statement.sent, 0)) as Resource;
  sentResources.set(statement, resource);
  return resource;
}

const sentSignatures = new WeakMap<Statement, string>();

function formatSentSignature(statement: Statement): string {
  const signature = sentSignatures.get(statement) ?? formatSignature(parseSent(statement));
  sentSignatures.set(statement, signature);
  return signature;
}

const readSource = ({ meta }: Resource): unknown => (isObject(meta) ? meta.source : undefined);

type Versions = ReadonlyMap<string, readonly ResourceVersion[]>;

const findWhere = (versions: Versions, isStatement: (stored: Resource) => boolean): readonly string[] =>
  [...versions].flatMap(([name, all]) =>
    all.some((each) => each.body !== null && isStatement(readBody(each))) ? [name] : [],
  );

/**
 * Finds `Type/id` of the stored resource of a statement: as answered, else where it is since it was unsealed, or where what it
 * says was already. Empty for what is sealed.
 */
function findNames(
  statement: Statement,
  answers: readonly InteractionResult[],
  versions: Versions,
  isSealed: boolean,
): readonly string[] {
  const answered = answers.flatMap((answer) =>
    answer.id === null ? [] : [formatName({ ...answer, id: answer.id })],
  );
  if (answered.length > 0) return [...new Set(answered)];
  const sent = parseSent(statement);
  const own = findWhere(versions, (stored) => readSource(stored) === readSource(sent));
  if (own.length > 0 || isSealed) return own;
  const signature = formatSignature(sent);
  return findWhere(
    versions,
    (stored) => formatSignature(stored) === signature && (sent.id ?? stored.id) === stored.id,
  );
}

const formatSealed = (resource: Resource | null): string =>
  resource === null ? '' : formatSignature(resource);

/** The statements that are the content of the resource now. */
async function findCurrent(
  { site, statements, sealed }: StoredContents,
  name: string,
): Promise<readonly Statement[]> {
  const current = await readCurrentContent(site, parseName(name));
  const newest = await site.inbox.getCurrent(parseName(name));
  // What was sent without an id gives way to the same statement under the sender's id.
  if (newest?.disposition === 'superseded' && isDerivedId(newest.id))
    return [...statements.values()].flat().filter(({ sent }) => sent.id !== undefined);
  // Nothing is kept where the newest version is sealed. It may have no id of its own, but the derived one of the resource.
  if (!current) {
    const payloads = await site.sealedPayloads.listForResource(
      SANDBOX_SITE,
      hashResourceKey(site, parseName(name)),
    );
    const signatures = payloads
      .map((payload) => openPayload(site, payload).interaction.resource)
      .map(formatSealed);
    return sealed.filter((each) => signatures.includes(formatSentSignature(each)));
  }
  const signature = formatSignature(current.resource);
  return (statements.get(name) ?? []).filter((each) => formatSentSignature(each) === signature);
}

/** The withdrawals that take back what the resource states. */
function findWithdrawals({ subjects, statements }: StoredContents, name: string): readonly Statement[] {
  return subjects.flatMap(({ withdrawals, withdrawn }) => {
    const own = withdrawn.filter((fact) => formatStatingResource(fact) === name);
    const keys = new Set(own.flatMap(({ relations }) => relations?.keys ?? []));
    return withdrawals
      .filter(({ relations }) => relations?.keys?.some((key) => keys.has(key)))
      .flatMap((withdrawal) => statements.get(formatStatingResource(withdrawal)) ?? []);
  });
}

async function findReplacements(
  { site, statements }: StoredContents,
  name: string,
): Promise<readonly Statement[]> {
  const key = parseName(name);
  const content = await readCurrentContent(site, key);
  if (!content) return [];
  const { subjects } = await resolveContext(site, key, content);
  const replacement = await findReplacement(site, key, content.resource, subjects);
  return replacement === null ? [] : (statements.get(replacement) ?? []);
}

async function traceStored(contents: StoredContents, statement: Statement, name: string): Promise<Trace> {
  const { site, open, subjects } = contents;
  const needs = await site.workItems.listNeeds(parseName(name));
  const asked = open.filter(({ sources }) => sources.includes(name));
  const shownBy = subjects.filter(({ shown }) => shown.has(name)).map(({ subject }) => subject);
  return {
    statement,
    current: await findCurrent(contents, name),
    shownBy,
    takenBackBy: findWithdrawals(contents, name),
    replacedBy: shownBy.length > 0 ? [] : await findReplacements(contents, name),
    waitsFor: [...needs, ...asked].map(({ reason }) => reason),
  };
}

const SEALED: Omit<Trace, 'statement' | 'waitsFor'> = {
  current: [],
  shownBy: [],
  takenBackBy: [],
  replacedBy: [],
};

/** The answers to each statement. */
function matchAnswers(
  deliveries: readonly SequenceDelivery[],
  answers: readonly CaseAnswer[],
): ReadonlyMap<Statement, readonly InteractionResult[]> {
  const byText = Map.groupBy(answers, ({ text }) => text);
  const matched = new Map<Statement, readonly InteractionResult[]>();
  for (const { statements, rebuilding } of deliveries)
    for (const statement of statements) {
      const found = byText.get(formatCaseResource(statement.sent, rebuilding)) ?? [];
      matched.set(statement, [...(matched.get(statement) ?? []), ...found.map(({ result }) => result)]);
    }
  return matched;
}

/**
 * Lists the reasons of the open items under which payloads are sealed now, by their `meta.source`: a payload that names its
 * patient by an insurance number can have got another reason than the one it was answered with.
 */
async function listSealedReasons(
  site: SiteTransaction,
  open: readonly WorkItem[],
): Promise<ReadonlyMap<unknown, readonly string[]>> {
  const hashes = ['urn:insurance|F1', 'urn:insurance|F2'].map((number) =>
    hashPatientIdentifier(site, number),
  );
  const reasons = new Map<unknown, readonly string[]>();
  const payloads = await site.sealedPayloads.listForPatient(SANDBOX_SITE, hashes);
  for (const { id, reason } of payloads.length > 0 ? open : [])
    for (const waiting of await site.workItems.listWaiting(id))
      for (const payload of payloads.filter(({ resourceHash }) => resourceHash.startsWith(waiting.id))) {
        const { resource } = openPayload(site, payload).interaction;
        if (resource) reasons.set(readSource(resource), [reason]);
      }
  return reasons;
}

/** Traces the statements that state facts; each has a `meta.source` of its own, by which it is found. */
export async function traceStatements(
  site: SiteTransaction,
  deliveries: readonly SequenceDelivery[],
  answered: readonly CaseAnswer[],
): Promise<readonly Trace[]> {
  const answers = matchAnswers(deliveries, answered);
  const versions = Map.groupBy(await site.inbox.listReceivedBefore(SANDBOX_SITE, '9999'), formatName);
  const open = await site.workItems.list('open');
  const reasons = await listSealedReasons(site, open);
  const named = [...answers].map(([statement, results]) => {
    const items = results.flatMap(({ issues }) => issues.map(({ workItem }) => workItem));
    const answered = open.filter(({ id }) => items.includes(id)).map(({ reason }) => reason);
    const waitsFor = [...answered, ...(reasons.get(readSource(parseSent(statement))) ?? [])];
    return { statement, waitsFor, names: findNames(statement, results, versions, waitsFor.length > 0) };
  });
  const pairs = named.flatMap(({ statement, names }) => names.map((name) => ({ statement, name })));
  const grouped = [...Map.groupBy(pairs, ({ name }) => name)];
  const statements = new Map(grouped.map(([name, group]) => [name, group.map(({ statement }) => statement)]));
  const subjects = [await readSubject(site, SUBJECTS[0]), await readSubject(site, SUBJECTS[1])];
  const sealed = named.filter(({ names }) => names.length === 0).map(({ statement }) => statement);
  const contents = { site, open, subjects, statements, sealed };
  const traces: Trace[] = [];
  for (const { statement, waitsFor, names } of named.filter((each) => hasFacts(each.statement))) {
    for (const name of names) traces.push(await traceStored(contents, statement, name));
    if (names.length === 0) traces.push({ ...SEALED, statement, waitsFor });
  }
  return traces;
}
