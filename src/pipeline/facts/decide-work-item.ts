import { Failure } from '../../errors.ts';
import { draftDecision } from '../../library/decision-files.ts';
import { type Library, type LibraryFolders, readLibrary } from '../../library.ts';
import type { MappingDecision } from '../../mapping/codes/decision-map.ts';
import type { MappingQuestion } from '../../mapping/mapping-result.ts';
import { CONFIDENT_SCORE, type Suggester } from '../../mapping/suggest/suggester.ts';
import type { Suggestion } from '../../mapping/suggest/suggestion.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import { SIGNATURE_MEANINGS } from '../../signatures/decision-manifest.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';
import type { WorkDecision, WorkItem } from '../../store/work-item-store.ts';
import { checkWorkDecision, findStandingAcceptance } from '../decisions/check-work-decisions.ts';
import { identifyWorkItem, readSentCode } from '../decisions/decided-records.ts';
import {
  type Decider,
  type DecisionCase,
  logDecision,
  type MadeDecision,
  makeDecision,
} from '../decisions/decider.ts';
import { buildUnknownWorkItemFailure } from '../query/unknown-work-item.ts';
import { NON_MAPPING_REASONS } from './restate.ts';
import { fetchDecisions, pushDecisions } from './shared-decisions.ts';

/**
 * The name of the shared value that counts the decisions; stored. A process that read the mappings at another count must
 * read them again.
 */
const DECISION_COUNT_KEY = 'decisions';

/** Reads the count of decisions, as text; null before the first decision. */
export const readDecisionCount = (tx: StoreTransaction): Promise<string | null> =>
  tx.sharedValues.get(DECISION_COUNT_KEY);

/** The request to accept a work item. */
export interface AcceptanceRequest extends Decider {
  readonly id: string;
  /** The term or unit, where needed with its vocabulary (`agent:ciclosporin`); null: the first suggestion. */
  readonly target: string | null;
}

/** The operator's word for a code that the trial does not use. */
const NO_USE = 'none';

/** An accepted decision, once it is stored. */
interface RecordedDecision {
  /** The item as it was before the decision. */
  readonly item: WorkItem;
  readonly about: MappingQuestion;
  readonly decision: MappingDecision;
  /** The ConceptMap, relative to the data folder. */
  readonly file: string;
  /** The library with the decision, read and checked; it is in use from now on. */
  readonly library: Library;
  /**
   * The resources that the decision concerns: those that wait for the item; where it replaces an earlier decision, those
   * that were ignored or mapped by that one.
   */
  readonly waiting: readonly ResourceKey[];
  /** Whether the same had been decided before, so that nothing was changed. */
  readonly isRepeated: boolean;
}

interface DecisionDependencies {
  readonly store: Store;
  readonly folders: LibraryFolders & { readonly dataDir: string };
  /** Whether other instances have folders of their own, so that the store holds the decisions. */
  readonly areDecisionsShared: boolean;
  /** Which signatures count. */
  readonly trust: DecisionTrust;
  /** The rules in force, as they are signed with a decision. */
  readonly rules: string;
  now(): Date;
}

async function requireWorkItem(tx: StoreTransaction, id: string): Promise<WorkItem> {
  const item = await tx.workItems.get(id);
  if (!item) throw buildUnknownWorkItemFailure(id);
  return item;
}

function requireMappingQuestion(item: WorkItem): MappingQuestion {
  // The store types this column as unknown; only mapping writes it.
  if (item.about !== null) return item.about as MappingQuestion;
  throw new Failure('work-item/undecidable', `No map entry would settle ${item.id} (${item.reason}).`, {
    fix: item.fix,
  });
}

/** The target of a decision, in its vocabulary; `target` is null for a code that the trial does not use. */
interface ResolvedTarget {
  readonly vocabulary: string;
  readonly target: string | null;
  readonly product: MappingDecision['product'];
}

/** How far the best suggestion must be ahead of the second to be accepted without a named target. */
const CLEAR_MARGIN = 0.1;

const formatSuggestions = (suggestions: readonly Suggestion[]): string =>
  suggestions.map(({ vocabulary, target, score }) => `${vocabulary}:${target} (${score})`).join(', ');

function selectConfidentSuggestion(item: WorkItem, suggestions: readonly Suggestion[]): ResolvedTarget {
  const [first, second] = suggestions;
  if (first && first.score >= CONFIDENT_SCORE && first.score - (second?.score ?? 0) >= CLEAR_MARGIN) {
    const { vocabulary, target, product } = first;
    return { vocabulary, target, product };
  }
  throw new Failure('work-item/unclear-target', `No suggestion for ${item.id} is certain enough.`, {
    parameter: 'target',
    fix: `Name the target${suggestions.length > 0 ? `; suggested: ${formatSuggestions(suggestions)}` : `, or ${NO_USE}`}.`,
  });
}

function resolveTarget(
  item: WorkItem,
  about: MappingQuestion,
  suggester: Suggester,
  namedTarget: string | null,
): ResolvedTarget {
  const suggestions = suggester.suggest(about);
  if (namedTarget === null) return selectConfidentSuggestion(item, suggestions);
  if (namedTarget === NO_USE && about.kind === 'code')
    return { vocabulary: about.vocabularies[0] ?? '', target: null, product: [] };
  const vocabularies = about.kind === 'code' ? about.vocabularies : [];
  const prefix = vocabularies.find((name) => namedTarget.startsWith(`${name}:`));
  const target = prefix === undefined ? namedTarget : namedTarget.slice(prefix.length + 1);
  const possible = prefix === undefined ? suggester.vocabulariesFor(about, target) : [prefix];
  const [vocabulary] = possible;
  if (vocabulary === undefined || possible.length > 1) {
    throw new Failure('work-item/unclear-target', `It is not clear which vocabulary ${target} belongs to.`, {
      parameter: 'target',
      fix: `Write it with its vocabulary, one of ${vocabularies.map((name) => `${name}:${target}`).join(', ')}.`,
    });
  }
  const suggestion = suggestions.find((entry) => entry.vocabulary === vocabulary && entry.target === target);
  return {
    vocabulary,
    target,
    product: suggestion?.product ?? suggester.attributesFor(about, vocabulary, target),
  };
}

/**
 * Accepts a work item: adds an entry to the site's ConceptMap of decisions, and records the decision with the item. The
 * library is read and checked with the entry before anything is written, so a decision that breaks it is refused. The
 * store's transaction prevents two people from writing at once; the count of decisions makes a running service read again.
 */
export function acceptWorkItem(
  dependencies: DecisionDependencies,
  suggester: Suggester,
  acceptance: AcceptanceRequest,
): Promise<RecordedDecision> {
  const { store, folders, areDecisionsShared } = dependencies;
  return store.transaction(async (tx) => {
    if (areDecisionsShared) await fetchDecisions(tx, folders.dataDir);
    const { item, standing, about, decided, made, decision } = await decideMapping(
      tx,
      dependencies,
      suggester,
      acceptance,
    );
    const { decided: files, file, save } = draftDecision(folders.dataDir, decision);
    const library = readLibrary(folders, { decided: files });
    const recorded = { item, about, decision, file, library };
    if (standing && isSameDecision(standing, decision.target, made))
      return { ...recorded, waiting: [], isRepeated: true };
    const waiting = standing
      ? await listSiteResources(tx, item.site)
      : await tx.workItems.listWaiting(item.id);
    save();
    if (areDecisionsShared) await pushDecisions(tx, folders.dataDir);
    await tx.workItems.accept(item.id, { verdict: 'accepted', target: decision.target, ...made });
    await logDecision(tx, decided, made);
    await tx.sharedValues.put(DECISION_COUNT_KEY, String(Number((await readDecisionCount(tx)) ?? '0') + 1));
    return { ...recorded, waiting, isRepeated: false };
  });
}

/** Resolves what is accepted, and makes the decision. Nothing is stored. */
async function decideMapping(
  tx: StoreTransaction,
  { trust, rules, now }: DecisionDependencies,
  suggester: Suggester,
  acceptance: AcceptanceRequest,
) {
  const item = await requireWorkItem(tx, acceptance.id);
  const about = requireMappingQuestion(item);
  const standing = findStandingAcceptance(trust, item);
  const namedTarget = acceptance.target ?? (standing && (standing.target ?? NO_USE));
  const resolved = resolveTarget(item, about, suggester, namedTarget);
  const entry = { site: item.site, item: item.id, ...readSentCode(about), ...resolved };
  const decided = buildMappingCase(rules, item, entry);
  const made = makeDecision(trust, acceptance, decided, now().toISOString());
  const { by, at, why, signed } = made;
  const decision: MappingDecision = { ...entry, by, at, why, signed: signed && JSON.stringify(signed) };
  return { item, about, standing, decided, made, decision };
}

/** Builds the case of a map entry. The display is no part of it: the entry maps the code, whatever it was called. */
function buildMappingCase(
  rules: string,
  item: WorkItem,
  { display: _display, ...entry }: Omit<MappingDecision, 'by' | 'at' | 'why' | 'signed'>,
): DecisionCase {
  return {
    record: identifyWorkItem(item),
    rules,
    decision: { verdict: 'accepted', target: entry.target, entry },
    meaning: SIGNATURE_MEANINGS.mapping,
    isAboutShown: true,
  };
}

/** Whether a decision only repeats the one that stands. A signature adds to one that has none. */
export const isSameDecision = (
  standing: WorkDecision,
  target: string | null,
  { signed }: MadeDecision,
): boolean => standing.target === target && (signed === null || (standing.signed ?? null) !== null);

/**
 * Lists every current resource of the site. Which of them an acceptance has mapped is not recorded, so all are restated
 * where another one replaces it.
 */
async function listSiteResources(tx: StoreTransaction, site: string): Promise<readonly ResourceKey[]> {
  return (await tx.inbox.listCurrent())
    .filter((version) => version.site === site)
    .map(({ resourceType, id }) => ({ site, resourceType, id }));
}

/** Reasons of items that cannot be rejected: resources without a certain patient would wait where nobody sees them. */
const UNREJECTABLE_REASONS = ['unknown-patient', 'ambiguous-patient'];

/** A rejection, once it is stored. */
interface RecordedRejection {
  readonly item: WorkItem;
  /** The resources that waited, to be restated. */
  readonly waiting: readonly ResourceKey[];
  /** Whether the item had been rejected before, so that nothing was changed. */
  readonly isRepeated: boolean;
}

/** Refuses to reject what has been accepted: the map entry or the answer would stay in force, whatever the item says. */
function refuseRejectingAcceptance(trust: DecisionTrust, item: WorkItem): void {
  const standing = findStandingAcceptance(trust, item);
  if (!standing) return;
  const { target, by, at } = standing;
  // The store types this column as unknown; only mapping writes it.
  const isCode = (item.about as MappingQuestion | null)?.kind === 'code';
  const accepted = target === null ? 'of no use' : target;
  throw new Failure('work-item/undecidable', `${item.id} was accepted as ${accepted} by ${by} on ${at}.`, {
    parameter: 'id',
    fix: `Accept it with another target${isCode ? `, or with ${NO_USE} if the trial does not use it` : ''}; both decisions are kept.`,
  });
}

/**
 * Rejects a work item: resources that need it are ignored from now on. A question about a subject is left as it is, and
 * closed until the facts behind it change. A second rejection changes nothing.
 */
export function rejectWorkItem(
  { store, trust, rules, now }: Pick<DecisionDependencies, 'store' | 'trust' | 'rules' | 'now'>,
  id: string,
  decider: Decider,
): Promise<RecordedRejection> {
  return store.transaction(async (tx) => {
    const item = await requireWorkItem(tx, id);
    const { reason, fix, subject } = item;
    if (UNREJECTABLE_REASONS.includes(reason)) {
      throw new Failure(
        'work-item/undecidable',
        'An item about the patient of the data cannot be rejected.',
        {
          at: id,
          fix,
        },
      );
    }
    refuseRejectingAcceptance(trust, item);
    const decided = {
      record: identifyWorkItem(item),
      rules,
      decision: { verdict: 'rejected', target: null, entry: null },
      meaning: SIGNATURE_MEANINGS.rejection,
      isAboutShown: true,
    };
    const made = makeDecision(trust, decider, decided, now().toISOString());
    if (isRejectedAlready(trust, item, made)) return { item, waiting: [], isRepeated: true };
    const decision = { verdict: 'rejected', target: null, ...made } as const;
    await logDecision(tx, decided, made);
    if (subject !== null) {
      // Both statements stand: the facts count as they are, and no resource is ignored.
      await tx.workItems.settle(id, decision);
      return { item, waiting: [], isRepeated: false };
    }
    const waiting = await tx.workItems.reject(id, decision);
    if (NON_MAPPING_REASONS.includes(reason)) await tx.workItems.clearWaiting(id);
    return { item, waiting, isRepeated: false };
  });
}

/** Whether the item is rejected by a decision that counts, so that nothing would change. */
function isRejectedAlready(trust: DecisionTrust, item: WorkItem, made: MadeDecision): boolean {
  const { status, decision } = item;
  if (status !== 'rejected') return false;
  if (decision === null) return made.signed === null;
  return checkWorkDecision(trust, item, decision).state !== 'invalid' && isSameDecision(decision, null, made);
}
