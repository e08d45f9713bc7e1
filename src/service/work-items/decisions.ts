import type { Config } from '../../config.ts';
import { buildDecisionTrust } from '../../library/decision-trust.ts';
import {
  type CheckedWorkDecision,
  checkWorkDecision,
} from '../../pipeline/decisions/check-work-decisions.ts';
import type { Decider } from '../../pipeline/decisions/decider.ts';
import { answerSubjectQuestion } from '../../pipeline/facts/answer-question.ts';
import {
  type AcceptanceRequest,
  acceptWorkItem,
  rejectWorkItem,
} from '../../pipeline/facts/decide-work-item.ts';
import { type RestateSummary, restateResources } from '../../pipeline/facts/restate-held.ts';
import { restateReturningResources } from '../../pipeline/facts/restate-returning.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import type { Store } from '../../store/store.ts';
import type { WorkItem } from '../../store/work-item-store.ts';
import { decideTextReview, isTextReviewId } from '../exports/free-text-review.ts';
import type { ProgressCallback } from '../mapping-operations.ts';
import { formatRules } from '../people/signed-rules.ts';
import type { ActiveLibrary } from '../reload-library.ts';

/** The result of an accepted work item. Printed as JSON. */
export interface AcceptanceSummary {
  readonly id: string;
  readonly site: string;
  readonly vocabulary: string;
  readonly code: string;
  readonly target: string | null;
  /** The ConceptMap with the decision, relative to the data folder. */
  readonly file: string;
  readonly rerun: RestateSummary;
  /** Whether the same had been decided before, so that nothing was changed. */
  readonly unchanged: boolean;
  /** The decision that this one replaces, or that it repeats; null for the first. */
  readonly before: CheckedWorkDecision | null;
}

/** The result of a rejected work item. Printed as JSON. */
export interface RejectionSummary extends Pick<AcceptanceSummary, 'id' | 'unchanged' | 'before'> {
  /** The number of resources that waited for the item. */
  readonly resources: number;
}

/** The result of an answered question about a subject. Printed as JSON. */
export interface AnswerSummary {
  readonly id: string;
  readonly site: string;
  readonly target: string;
  readonly says: string;
  readonly unchanged: boolean;
  readonly before: CheckedWorkDecision | null;
}

/** Operations that record decisions about work items. */
export interface WorkItemDecisions {
  /**
   * Adds a map entry for the item's code or unit, and restates the resources that wait for it and those that were ignored
   * for a reason that it removes. Throws `work-item/unknown`, `work-item/undecidable`, `work-item/unclear-target`, or
   * `library/invalid` where the library would have a problem. A
   * question about a subject that has choices is answered with one of them, and the subject is marked for assessment. A text to be
   * reviewed is released for exports.
   */
  acceptWorkItem(
    acceptance: AcceptanceRequest,
    progress?: ProgressCallback,
  ): Promise<AcceptanceSummary | AnswerSummary>;
  /**
   * Rejects the item: the resources that wait for it are ignored from now on; none for a question about a subject, whose
   * facts count as they are. Throws `work-item/unknown`, or `work-item/undecidable` for an item about the patient, and for
   * one that has been accepted.
   */
  rejectWorkItem(id: string, decider: Decider, progress?: ProgressCallback): Promise<RejectionSummary>;
}

const sumRestatements = (a: RestateSummary, b: RestateSummary): RestateSummary => ({
  resources: a.resources + b.resources,
  mapped: a.mapped + b.mapped,
  held: a.held + b.held,
  ignored: a.ignored + b.ignored,
});

const NOTHING_RESTATED: RestateSummary = { resources: 0, mapped: 0, held: 0, ignored: 0 };

const checkBefore = (trust: DecisionTrust, item: WorkItem): CheckedWorkDecision | null =>
  item.decision && { ...item.decision, validity: checkWorkDecision(trust, item, item.decision) };

function summariseAcceptance(
  trust: DecisionTrust,
  { item, decision, file, isRepeated }: Awaited<ReturnType<typeof acceptWorkItem>>,
  rerun: RestateSummary,
): AcceptanceSummary {
  const { site, vocabulary, code, target } = decision;
  const before = checkBefore(trust, item);
  return { id: item.id, site, vocabulary, code, target, file, rerun, unchanged: isRepeated, before };
}

function summariseAnswer(
  trust: DecisionTrust,
  { item, choice, isRepeated }: NonNullable<Awaited<ReturnType<typeof answerSubjectQuestion>>>,
): AnswerSummary {
  const before = checkBefore(trust, item);
  return { id: item.id, site: item.site, ...choice, unchanged: isRepeated, before };
}

async function releaseText(
  dependencies: Parameters<typeof decideTextReview>[0],
  { id, ...decider }: AcceptanceRequest,
): Promise<AnswerSummary> {
  const { item, isRepeated } = await decideTextReview(dependencies, id, 'accepted', decider);
  const says = 'exports may contain just this text';
  return {
    id,
    site: item.site,
    target: 'released',
    says,
    unchanged: isRepeated,
    before: checkBefore(dependencies.trust, item),
  };
}

/** Creates the decisions on the store's work items, by the library in use. */
export function createWorkItemDecisions(
  config: Config,
  store: Store,
  activeLibrary: ActiveLibrary,
): WorkItemDecisions {
  const areDecisionsShared = config.database !== null;
  const trust = buildDecisionTrust(config);
  const getDependencies = () => ({
    ...{ store, folders: config, areDecisionsShared, trust },
    rules: formatRules(activeLibrary.getSnapshot()),
    now: () => new Date(),
  });
  return {
    async acceptWorkItem(acceptance, progress) {
      const dependencies = getDependencies();
      if (isTextReviewId(acceptance.id)) return releaseText(dependencies, acceptance);
      const answered = await answerSubjectQuestion(dependencies, acceptance);
      if (answered) return summariseAnswer(trust, answered);
      const { library, pipeline: former } = activeLibrary.getSnapshot();
      const accepted = await acceptWorkItem(dependencies, library.suggester(), acceptance);
      if (accepted.isRepeated) return summariseAcceptance(trust, accepted, NOTHING_RESTATED);
      activeLibrary.activate(accepted.library);
      const { pipeline } = activeLibrary.getSnapshot();
      const held = await restateResources(pipeline, accepted.waiting, progress);
      const returned = await restateReturningResources(
        { dependencies: pipeline, former },
        accepted.item,
        accepted.about,
      );
      return summariseAcceptance(trust, accepted, sumRestatements(held, returned));
    },
    async rejectWorkItem(id, decider, progress) {
      const dependencies = getDependencies();
      if (isTextReviewId(id)) {
        const { item, isRepeated } = await decideTextReview(dependencies, id, 'rejected', decider);
        return { id, resources: 0, unchanged: isRepeated, before: checkBefore(trust, item) };
      }
      const { item, waiting, isRepeated } = await rejectWorkItem(dependencies, id, decider);
      await restateResources(activeLibrary.getSnapshot().pipeline, waiting, progress);
      return { id, resources: waiting.length, unchanged: isRepeated, before: checkBefore(trust, item) };
    },
  };
}
