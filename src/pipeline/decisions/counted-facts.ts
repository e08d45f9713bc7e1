import { toCanonicalJson } from '../../fhir/canonical-json.ts';
import { deriveAdjudicationId } from '../../intake/statement-identity.ts';
import { checkDecision, type DecisionTrust } from '../../signatures/check-decision.ts';
import type { LoggedDecision } from '../../store/decision-log.ts';
import type { StoreTransaction } from '../../store/store.ts';
import { namePoint } from '../../trial/adjudication/person-statement.ts';
import type { DecisionValidity } from '../../trial/decision-validity.ts';
import type { AdjudicationFact, Fact, SettlementFact, Subject } from '../../trial/facts.ts';
import { identifyStatement } from './decided-records.ts';

type SubjectOfFacts = Pick<Subject, 'site' | 'study' | 'subject'>;

/** Whether facts are those of now, or of a day in the past, whose statements may have been replaced since. */
type FactTime = 'now' | 'earlier';

/** Whether the statement was made here: its id is the one that `adjudicate` gives it. */
function isMadeHere(
  { site, study, subject }: SubjectOfFacts,
  { statement, by, sources: [source] }: AdjudicationFact,
): boolean {
  if (by === null) return false;
  const point = namePoint(statement);
  return source.id === deriveAdjudicationId(site, study, subject, point, by.name.trim().toLowerCase());
}

/**
 * Checks a statement against the decision by which it was made: the last one about it, so that an earlier one cannot be put
 * back. Returns null for a statement that the site has sent, through its own door: the site answers for it.
 */
async function checkStatement(
  tx: StoreTransaction,
  trust: DecisionTrust,
  subject: SubjectOfFacts,
  fact: AdjudicationFact,
  time: FactTime,
): Promise<DecisionValidity | null> {
  const { statement, at, by, why, statedAt, sources } = fact;
  const [source] = sources;
  const name = by?.name ?? null;
  const stated = { statement, on: at.text, by: name, why, statedAt };
  const resource = `${source.resourceType}/${source.id}`;
  const { kind, key, hash } = identifyStatement(subject, { resource, ...stated });
  const logged = await tx.decisions.list({ kind, record: key });
  const made = time === 'now' ? logged.at(-1) : logged.findLast((entry) => entry.at === statedAt);
  if (!made && logged.length === 0 && !isMadeHere(subject, fact)) return null;
  return checkAgainst(trust, made, {
    ...{ record: { kind, key, hash }, decision: { statement, on: at.text } },
    ...{ by: name ?? '', why, at: statedAt ?? '' },
  });
}

/** Checks what is stored as a fact against the decision behind it; undefined: nobody decided, or before decisions were kept. */
function checkAgainst(
  trust: DecisionTrust,
  made: LoggedDecision | undefined,
  stored: Omit<Parameters<typeof checkDecision>[1], 'signed'>,
): DecisionValidity {
  const validity = checkDecision(trust, { ...stored, signed: made?.signed ?? null });
  if (validity.state === 'invalid' || !made) return validity;
  // What the history says of it must be the same: without a signature, nothing else shows that it was altered.
  const { decision, by, why, at } = made;
  const isSame =
    toCanonicalJson([decision, by, why, at]) ===
    toCanonicalJson([stored.decision, stored.by, stored.why, stored.at]);
  return isSame ? validity : { state: 'invalid', fault: 'altered' };
}

/** Checks the answer behind a settlement. Whether it still holds, its basis says: the question may have changed since. */
async function checkSettlement(
  tx: StoreTransaction,
  trust: DecisionTrust,
  { sources: [{ id }], basis, chosen, at }: SettlementFact,
): Promise<DecisionValidity> {
  const logged = await tx.decisions.list({ kind: 'work-item', record: id });
  const made = logged.findLast((entry) => entry.at === at.text);
  const { by = '', why = null } = made ?? {};
  const hash = made?.signed?.manifest?.record?.hash ?? '';
  return checkAgainst(trust, made, {
    record: { kind: 'work-item', key: id, hash },
    decision: { verdict: 'accepted', target: chosen, entry: { basis, chosen } },
    ...{ by, why, at: at.text },
  });
}

/** Returns the fact with what its signature is worth; as it is where it is no decision of a person here. */
async function checkFact(
  tx: StoreTransaction,
  trust: DecisionTrust,
  subject: SubjectOfFacts,
  fact: Fact,
  time: FactTime,
): Promise<{ readonly fact: Fact; readonly validity: DecisionValidity | null }> {
  if (fact.kind === 'settlement') return { fact, validity: await checkSettlement(tx, trust, fact) };
  if (fact.kind !== 'adjudication') return { fact, validity: null };
  const validity = await checkStatement(tx, trust, subject, fact, time);
  return validity === null ? { fact, validity } : { fact: { ...fact, validity }, validity };
}

/**
 * Checks the decisions of people among a subject's facts: each fact that is one carries what its signature is worth. Those
 * that are invalid are apart, since they never count.
 */
export async function separateInvalid(
  tx: StoreTransaction,
  trust: DecisionTrust,
  subject: SubjectOfFacts,
  facts: readonly Fact[],
  time: FactTime = 'now',
): Promise<{ readonly counted: readonly Fact[]; readonly invalid: readonly Fact[] }> {
  if (!facts.some(({ kind }) => kind === 'settlement' || kind === 'adjudication'))
    return { counted: facts, invalid: [] };
  const counted: Fact[] = [];
  const invalid: Fact[] = [];
  for (const each of facts) {
    const { fact, validity } = await checkFact(tx, trust, subject, each, time);
    (validity?.state === 'invalid' ? invalid : counted).push(fact);
  }
  return { counted, invalid };
}

/** Lists the facts of a subject that count: all but the decisions that are invalid. */
export async function listCountedFacts(
  tx: StoreTransaction,
  trust: DecisionTrust,
  subject: SubjectOfFacts,
): Promise<readonly Fact[]> {
  const stored = await tx.facts.listForSubject(subject.study, subject.subject);
  return (await separateInvalid(tx, trust, subject, stored)).counted;
}
