import { buildAuditEntry } from '../../audit/audit-entry.ts';
import { computeCriteriaDigest } from '../../library/criteria-digest.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { CriteriaSet } from '../../trial/criteria/criteria-set.ts';
import type { CriteriaSignOff, SignedCriteriaSet } from '../../trial/criteria/sign-off.ts';

/** The name of the shared value with the sign-offs of a set: of this version with this content, and of no other. */
const formatSignOffKey = (set: CriteriaSet): string =>
  `criteria-sign-off|${set.id}|${set.version}|${computeCriteriaDigest(set)}`;

/** Lists every sign-off of the set's version and content, the latest last. */
async function listSignOffs(tx: StoreTransaction, set: CriteriaSet): Promise<readonly CriteriaSignOff[]> {
  const stored = await tx.sharedValues.get(formatSignOffKey(set));
  return stored === null ? [] : (JSON.parse(stored) as CriteriaSignOff[]);
}

/** Reads who signed off the set last; null where nobody has signed off this version with this content. */
export async function readSignedCriteriaSet(
  tx: StoreTransaction,
  set: CriteriaSet,
): Promise<SignedCriteriaSet> {
  const signedOff = (await listSignOffs(tx, set)).at(-1) ?? null;
  return { id: set.id, version: set.version, signedOff };
}

/** Records a sign-off; earlier ones are kept. */
export async function storeSignOff(
  tx: StoreTransaction,
  set: CriteriaSet,
  signOff: CriteriaSignOff,
): Promise<void> {
  const signOffs = [...(await listSignOffs(tx, set)), signOff];
  await tx.sharedValues.put(formatSignOffKey(set), JSON.stringify(signOffs));
  const event = {
    action: 'criteria.signed',
    object: `CriteriaSet/${set.id}|${set.version}`,
    after: computeCriteriaDigest(set),
    detail: { by: signOff.by },
  } as const;
  await tx.audit.append(buildAuditEntry(event, new Date(signOff.at)));
}
