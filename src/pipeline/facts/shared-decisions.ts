import { type DecisionFiles, readDecisionFiles, replaceDecisionFiles } from '../../library/decision-files.ts';
import type { StoreTransaction } from '../../store/store.ts';

/** The name of the shared value with the files of decisions; stored. */
const DECISION_FILES_KEY = 'decision-files';

/**
 * Makes the files of decisions in the data folder those that the store holds: with a database of several instances, the
 * folder of each is a copy. Returns whether anything changed; nothing does where the store holds none yet.
 */
export async function fetchDecisions(tx: StoreTransaction, dataDir: string): Promise<boolean> {
  const stored = await tx.sharedValues.get(DECISION_FILES_KEY);
  return stored !== null && replaceDecisionFiles(dataDir, JSON.parse(stored) as DecisionFiles);
}

/** Makes the files of decisions in the data folder those of the store. */
export const pushDecisions = (tx: StoreTransaction, dataDir: string): Promise<void> =>
  tx.sharedValues.put(DECISION_FILES_KEY, JSON.stringify(readDecisionFiles(dataDir)));

/** Pulls the decisions, or pushes those of the folder where the store holds none yet; returns whether the folder changed. */
export async function shareDecisions(tx: StoreTransaction, dataDir: string): Promise<boolean> {
  if ((await tx.sharedValues.get(DECISION_FILES_KEY)) !== null) return fetchDecisions(tx, dataDir);
  await pushDecisions(tx, dataDir);
  return false;
}
