import { buildAuditEntry } from '../../audit/audit-entry.ts';
import { computeCriteriaDigest } from '../../library/criteria-digest.ts';
import { checkDecision, type DecisionTrust } from '../../signatures/check-decision.ts';
import { type DecidedRecord, SIGNATURE_MEANINGS } from '../../signatures/decision-manifest.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { CriteriaSet } from '../../trial/criteria/criteria-set.ts';
import type { CriteriaSignOff, SignedCriteriaSet } from '../../trial/criteria/sign-off.ts';
import { checkMadeDecision, type Decider, logDecision, makeDecision } from '../decisions/decider.ts';

/** A set as a record that is signed off: this version with this content, and no other. */
export function identifyCriteriaSet(set: CriteriaSet): DecidedRecord {
  const hash = computeCriteriaDigest(set);
  return {
    kind: 'criteria-set',
    key: `${set.id}|${set.version}|${hash}`,
    hash,
    ...{ site: null, study: null, subject: null },
  };
}

const APPROVAL = { approved: true };

/** Lists sign-offs from before decisions were kept in a history of their own; they have no signature. */
async function listOldSignOffs(
  tx: StoreTransaction,
  trust: DecisionTrust,
  { kind, key, hash }: DecidedRecord,
): Promise<readonly CriteriaSignOff[]> {
  const stored = await tx.sharedValues.get(`criteria-sign-off|${key}`);
  const signOffs = JSON.parse(stored ?? '[]') as readonly Omit<CriteriaSignOff, 'validity'>[];
  return signOffs.map((signOff) => ({
    ...signOff,
    validity: checkDecision(trust, {
      ...signOff,
      ...{ record: { kind, key, hash }, decision: APPROVAL, signed: null },
    }),
  }));
}

/** Lists every sign-off of the set's version and content, the latest last. */
async function listSignOffs(
  tx: StoreTransaction,
  trust: DecisionTrust,
  record: DecidedRecord,
): Promise<readonly CriteriaSignOff[]> {
  const { kind, key, hash } = record;
  const logged = await tx.decisions.list({ kind, record: key });
  const signOffs = logged.map(({ by, at, why, signed }) => ({
    ...{ by, at, why },
    validity: checkDecision(trust, {
      ...{ record: { kind, key, hash }, decision: APPROVAL, by, at, why, signed },
    }),
  }));
  return [...(await listOldSignOffs(tx, trust, record)), ...signOffs];
}

/**
 * Reads who signed off the set last; null where nobody has signed off this version with this content. An invalid sign-off is
 * returned only where there is no other: it must be seen, and does not count.
 */
export async function readSignedCriteriaSet(
  tx: StoreTransaction,
  trust: DecisionTrust,
  set: CriteriaSet,
): Promise<SignedCriteriaSet> {
  const signOffs = await listSignOffs(tx, trust, identifyCriteriaSet(set));
  const counting = signOffs.filter(({ validity }) => validity.state !== 'invalid');
  const signedOff = counting.at(-1) ?? signOffs.at(-1) ?? null;
  return { id: set.id, version: set.version, signedOff };
}

/** Records a sign-off; earlier ones are kept. Throws as `makeDecision`. */
export async function signOffCriteriaSet(
  tx: StoreTransaction,
  { trust, rules, now }: { readonly trust: DecisionTrust; readonly rules: string; readonly now: Date },
  set: CriteriaSet,
  decider: Decider,
): Promise<CriteriaSignOff> {
  const record = identifyCriteriaSet(set);
  const decided = {
    ...{ record, rules, decision: APPROVAL },
    ...{ meaning: SIGNATURE_MEANINGS.criteria, isAboutShown: true },
  };
  const made = makeDecision(trust, decider, decided, now.toISOString());
  await logDecision(tx, decided, made);
  const event = {
    action: 'criteria.signed',
    object: `CriteriaSet/${set.id}|${set.version}`,
    after: computeCriteriaDigest(set),
    detail: { by: made.by },
  } as const;
  await tx.audit.append(buildAuditEntry(event, now));
  return { by: made.by, at: made.at, why: made.why, validity: checkMadeDecision(trust, decided, made) };
}
