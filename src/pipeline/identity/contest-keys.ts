import { hashPatientIdentifier } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { parseIdentifierSystem } from './contradicting-identifiers.ts';

/** Builds the key under which the contest of an identifier waits: a keyed hash takes the place of the identifier. */
export const buildContestKey = (tx: SiteTransaction, identifier: string) => ({
  site: tx.site,
  resourceType: 'Identifier',
  id: hashPatientIdentifier(tx, identifier).slice(0, 16),
});

/** The scope of the work item of one identifier: its system, and a keyed hash of its value. Part of the item's id. */
export const formatContestGroup = (tx: SiteTransaction, identifier: string): string =>
  `${parseIdentifierSystem(identifier)} ${buildContestKey(tx, identifier).id}`;
