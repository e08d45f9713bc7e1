import type { Protocol } from '../../trial/protocol.ts';
import type { Registry } from '../registry.ts';
import { countOf, enrolled } from './cell.ts';
import type { DropReason, Group, GroupCell, Milestone, ParticipantFlow, Period, Whom } from './model.ts';
import type { Course, Participant } from './participant.ts';

/** The pick-list's reason, and its name where the reason is `Other`, for each way not to complete. */
const REASONS: readonly (readonly [course: Course, type: string, other: string | null])[] = [
  ['died', 'Death', null],
  ['lost', 'Lost to Follow-up', null],
  ['withdrawn', 'Withdrawal by Subject', null],
  ['off-study', 'Other', 'Taken off study, reason not sent'],
  ['not-infused', 'Other', 'Never infused'],
  ['ongoing', 'Other', 'Still in follow-up at data cut-off'],
];

const FLOW = 'FG000';

const inFlow = (all: readonly Participant[], from: Whom): readonly GroupCell[] => [
  { group: FLOW, cell: countOf(all, from) },
];

const milestone = (all: readonly Participant[], from: Whom, comment: string | null = null): Milestone => ({
  comment,
  achieved: inFlow(all, from),
});

/** Those whose course ended so, by the resources that say it. */
const ended =
  (course: Course): Whom =>
  (one) =>
    one.course === course ? one.courseFrom : null;

function toLastVisit(participants: readonly Participant[], protocol: Protocol): Period {
  const visit = protocol.visits.find(({ id }) => id === protocol.bestResponseBy);
  const reasons = REASONS.map(([course, type, other]): DropReason & { readonly size: number } => {
    const affected = inFlow(participants, ended(course));
    return { type, other, affected, size: affected[0]?.cell.subjects ?? 0 };
  });
  return {
    title: `Treatment and assessment, ${visit?.name ?? ''}`,
    started: milestone(participants, enrolled, 'Enrolled subjects'),
    between: [
      {
        title: 'Received first infusion',
        ...milestone(participants, ({ infused }) => infused),
      },
    ],
    completed: milestone(
      participants,
      ended('completed'),
      `Followed to at least day ${visit?.from ?? 0} after the first infusion, the first day of the ${visit?.id ?? ''} window`,
    ),
    reasons: reasons.filter(({ size }) => size > 0).map(({ size: _, ...reason }) => reason),
  };
}

function afterLastVisit(participants: readonly Participant[]): Period {
  const died = inFlow(participants, ({ course, death }) => (course === 'completed' ? death : null));
  const alive: Whom = ({ course, death, courseFrom }) =>
    course === 'completed' && death === null ? courseFrom : null;
  const reasons = died[0]?.cell.subjects === 0 ? [] : [{ type: 'Death', other: null, affected: died }];
  return {
    title: 'Follow-up for survival',
    started: milestone(participants, ended('completed')),
    between: [],
    completed: milestone(participants, alive, 'Alive at last contact before data cut-off'),
    reasons,
  };
}

/**
 * Participant flow: all enrolled subjects up to the protocol's last visit, then those who completed it in follow-up for
 * survival, so that every death of the study stands in it once.
 */
export function flowOf(
  participants: readonly Participant[],
  protocol: Protocol,
  registry: Registry,
  arm: Omit<Group, 'id'>,
): ParticipantFlow {
  return {
    preAssignment: registry.results?.preAssignment ?? null,
    recruitment: registry.results?.recruitment ?? null,
    groups: [{ id: FLOW, ...arm }],
    periods: [toLastVisit(participants, protocol), afterLastVisit(participants)],
  };
}
