import {
  createFreeTextNames,
  type FreeText,
  type FreeTextKind,
  listFreeTexts,
} from '../../exports/free-text.ts';
import { identifyWorkItem } from '../../pipeline/decisions/decided-records.ts';
import { type Decider, logDecision, makeDecision } from '../../pipeline/decisions/decider.ts';
import { buildUnknownWorkItemFailure } from '../../pipeline/query/unknown-work-item.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import { SIGNATURE_MEANINGS } from '../../signatures/decision-manifest.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';
import type { WorkDecision, WorkItem } from '../../store/work-item-store.ts';
import { loadPseudonymKey } from './pseudonym-key.ts';

/** The name of the shared value with the texts that exports have withheld, and the decisions about them; stored. */
const REVIEWS_KEY = 'free-text-reviews';

/** Ids of these items begin as createFreeTextNames makes them. */
const ITEM_PREFIX = 'T-';

/** A free text that an export has withheld, by its digest, and where it can be read. The text itself is not repeated. */
interface TextReview {
  readonly id: string;
  readonly study: string;
  readonly site: string;
  readonly subject: string;
  readonly kind: FreeTextKind;
  /** `Type/id` of a resource that states it. */
  readonly resource: string;
  readonly element: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** In order of time; the last one holds. */
  readonly decisions: readonly WorkDecision[];
}

/** Whether the id is that of a text to be reviewed. */
export const isTextReviewId = (id: string): boolean => id.startsWith(ITEM_PREFIX);

async function loadTextReviews(tx: StoreTransaction): Promise<readonly TextReview[]> {
  return JSON.parse((await tx.sharedValues.get(REVIEWS_KEY)) ?? '[]') as readonly TextReview[];
}

const putTextReviews = (tx: StoreTransaction, reviews: readonly TextReview[]): Promise<void> =>
  tx.sharedValues.put(REVIEWS_KEY, JSON.stringify(reviews));

/** Loads the ids of the texts that a person has released. */
export async function loadReleasedTexts(tx: StoreTransaction): Promise<ReadonlySet<string>> {
  const reviews = await loadTextReviews(tx);
  return new Set(
    reviews.filter(({ decisions }) => decisions.at(-1)?.verdict === 'accepted').map(({ id }) => id),
  );
}

/** A text that an export withholds, with its subject. */
export interface WithheldText extends FreeText {
  readonly id: string;
  readonly study: string;
  readonly subject: string;
}

/** Lists texts that an export has withheld for review. Decisions about them stay as they are. */
export async function recordWithheldTexts(
  store: Store,
  withheld: readonly WithheldText[],
  now: string,
): Promise<void> {
  if (withheld.length === 0) return;
  await store.transaction(async (tx) => {
    const reviews = new Map((await loadTextReviews(tx)).map((review) => [review.id, review]));
    for (const { id, study, subject, kind, fact } of withheld) {
      const known = reviews.get(id);
      const [{ site, resourceType, id: resourceId, element }] = fact.sources;
      reviews.set(id, {
        ...{ id, study, site, subject, kind, resource: `${resourceType}/${resourceId}`, element },
        firstSeen: known?.firstSeen ?? now,
        lastSeen: now,
        decisions: known?.decisions ?? [],
      });
    }
    await putTextReviews(tx, [...reviews.values()]);
  });
}

/** Removes the reviews for which the condition holds, with the decisions about them; returns their ids. */
export async function removeTextReviews(
  tx: StoreTransaction,
  isRemoved: (review: Readonly<Pick<TextReview, 'study' | 'subject'>>) => boolean,
): Promise<readonly string[]> {
  const reviews = await loadTextReviews(tx);
  const removed = reviews.filter(isRemoved);
  if (removed.length > 0)
    await putTextReviews(
      tx,
      reviews.filter((review) => !removed.includes(review)),
    );
  return removed.map(({ id }) => id);
}

function toReviewStatus({ decisions }: TextReview): WorkItem['status'] {
  const verdict = decisions.at(-1)?.verdict;
  return verdict === undefined ? 'open' : verdict === 'accepted' ? 'resolved' : 'rejected';
}

/** Reads the text of a review from the subject's facts; null where it is not stated any more. */
async function findReviewedText(tx: StoreTransaction, review: TextReview): Promise<string | null> {
  const { id, study, subject } = review;
  const key = await loadPseudonymKey(tx, study);
  if (key === null) return null;
  const nameText = createFreeTextNames(key);
  const texts = (await tx.facts.listForSubject(study, subject)).flatMap(listFreeTexts);
  return texts.find(({ kind, text }) => nameText(kind, text) === id)?.text ?? null;
}

function buildReviewItem(review: TextReview, text: string): WorkItem {
  const { id, site, study, subject, kind, resource, element, firstSeen, lastSeen, decisions } = review;
  return {
    ...{ id, site, study, subject, kind, element, firstSeen, lastSeen, decisions },
    reason: 'free-text-review',
    group: `${study} ${kind} ${text}`,
    detail: `This text leaves the house only if a person releases it: "${text}".`,
    fix: 'Release it with "work accept" if it names and describes no person; else reject it, and have it corrected at the site.',
    waitsFor: null,
    status: toReviewStatus(review),
    count: 1,
    example: resource,
    about: null,
    concerns: null,
    decision: decisions.at(-1) ?? null,
    sources: [resource],
    basis: null,
    choices: [],
  };
}

/** Lists the texts to be reviewed as work items, with a status (null: with any). What is not stated any more is left out. */
export async function listTextReviews(
  tx: StoreTransaction,
  status: WorkItem['status'] | null,
): Promise<readonly WorkItem[]> {
  const items: WorkItem[] = [];
  for (const review of await loadTextReviews(tx)) {
    if (status !== null && toReviewStatus(review) !== status) continue;
    const text = await findReviewedText(tx, review);
    if (text !== null) items.push(buildReviewItem(review, text));
  }
  return items;
}

/** Returns the work item about a text. Throws `work-item/unknown`. */
export async function getTextReview(tx: StoreTransaction, id: string): Promise<WorkItem> {
  const review = (await loadTextReviews(tx)).find((candidate) => candidate.id === id);
  const text = review ? await findReviewedText(tx, review) : null;
  if (!review || text === null) throw buildUnknownWorkItemFailure(id);
  return buildReviewItem(review, text);
}

const MEANINGS = { accepted: SIGNATURE_MEANINGS.release, rejected: SIGNATURE_MEANINGS.rejection } as const;

/** What a decision about a text needs: whose signatures are trusted, and the rules in force, which it names. */
interface TextDecisionDependencies {
  readonly store: Store;
  readonly trust: DecisionTrust;
  readonly rules: string;
  now(): Date;
}

/** A decision about a text, once it is stored. */
interface DecidedText {
  /** The item as it was before. */
  readonly item: WorkItem;
  /** Whether the same had been decided before, so that nothing was changed. */
  readonly isRepeated: boolean;
}

/**
 * Releases a text for exports, or (`rejected`) withholds it for good; every decision is kept, and the last one holds. It is about
 * this text only: a corrected one is another. Throws `work-item/unknown`, and as `makeDecision`.
 */
export function decideTextReview(
  { store, trust, rules, now }: TextDecisionDependencies,
  id: string,
  verdict: WorkDecision['verdict'],
  decider: Decider,
): Promise<DecidedText> {
  return store.transaction(async (tx) => {
    const item = await getTextReview(tx, id);
    if (item.decision?.verdict === verdict) return { item, isRepeated: true };
    const decided = {
      ...{ record: identifyWorkItem(item), rules, decision: { verdict, target: null, entry: null } },
      ...{ meaning: MEANINGS[verdict], isAboutShown: true },
    };
    const made = makeDecision(trust, decider, decided, now().toISOString());
    await logDecision(tx, decided, made);
    const decision: WorkDecision = { verdict, target: null, ...made };
    const reviews = (await loadTextReviews(tx)).map((review) =>
      review.id === id ? { ...review, decisions: [...review.decisions, decision] } : review,
    );
    await putTextReviews(tx, reviews);
    return { item, isRepeated: false };
  });
}
