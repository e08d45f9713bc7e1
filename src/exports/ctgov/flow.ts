import type { Protocol } from '../../trial/protocol.ts';
import type { Registry } from '../registry.ts';
import { countOf, enrolled } from './cell.ts';
import type { DropReason, Evidence, Group, GroupCell, Milestone, ParticipantFlow, Period } from './model.ts';
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

const inFlow = (from: readonly Evidence[]): readonly GroupCell[] => [{ group: FLOW, cell: countOf(from) }];

const milestone = (from: readonly Evidence[], comment: string | null = null): Milestone => ({
  comment,
  achieved: inFlow(from),
});

const ending = ({ subject, courseFrom }: Participant): Evidence => ({ subject, resources: courseFrom });

function toLastVisit(participants: readonly Participant[], protocol: Protocol): Period {
  const visit = protocol.visits.find(({ id }) => id === protocol.bestResponseBy);
  const reasons = REASONS.map(([course, type, other]): DropReason & { readonly size: number } => {
    const gone = participants.filter((one) => one.course === course).map(ending);
    return { type, other, affected: inFlow(gone), size: gone.length };
  });
  const completed = participants.filter(({ course }) => course === 'completed').map(ending);
  return {
    title: `Treatment and assessment, ${visit?.name ?? ''}`,
    started: milestone(enrolled(participants), 'Enrolled subjects'),
    between: [
      {
        title: 'Received first infusion',
        ...milestone(participants.flatMap(({ infused }) => (infused ? [infused] : []))),
      },
    ],
    completed: milestone(
      completed,
      `Followed to at least day ${visit?.from ?? 0} after the first infusion, the first day of the ${visit?.id ?? ''} window`,
    ),
    reasons: reasons.filter(({ size }) => size > 0).map(({ size: _, ...reason }) => reason),
  };
}

function afterLastVisit(participants: readonly Participant[]): Period {
  const started = participants.filter(({ course }) => course === 'completed');
  const died = started.flatMap(({ death }) => (death ? [death] : []));
  const alive = started.filter(({ death }) => death === null);
  const reasons = died.length === 0 ? [] : [{ type: 'Death', other: null, affected: inFlow(died) }];
  return {
    title: 'Follow-up for survival',
    started: milestone(started.map(ending)),
    between: [],
    completed: milestone(alive.map(ending), 'Alive at last contact before data cut-off'),
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
