import type { Protocol } from '../../trial/protocol.ts';
import type { Registry } from '../registry-json.ts';
import type { FlowDisposition, Participant } from './participant.ts';
import { buildCountCell, selectEnrolled } from './result-cells.ts';
import type {
  DropReason,
  EvidenceSelector,
  FlowPeriod,
  GroupCell,
  Milestone,
  ParticipantFlow,
  ReportingGroup,
} from './results-model.ts';

/** The pick-list's reason, and its name where the reason is `Other`, for each way not to complete. */
const DROP_REASONS: readonly (readonly [course: FlowDisposition, type: string, other: string | null])[] = [
  ['died', 'Death', null],
  ['lost', 'Lost to Follow-up', null],
  ['withdrawn', 'Withdrawal by Subject', null],
  ['off-study', 'Other', 'Taken off study, reason not sent'],
  ['not-infused', 'Other', 'Never infused'],
  ['ongoing', 'Other', 'Still in follow-up at data cut-off'],
];

const FLOW_GROUP_ID = 'FG000';

const buildFlowCells = (all: readonly Participant[], from: EvidenceSelector): readonly GroupCell[] => [
  { group: FLOW_GROUP_ID, cell: buildCountCell(all, from) },
];

const buildMilestone = (
  all: readonly Participant[],
  from: EvidenceSelector,
  comment: string | null = null,
): Milestone => ({
  comment,
  achieved: buildFlowCells(all, from),
});

/** Those whose course ended so, by the resources that say it. */
const selectByDisposition =
  (course: FlowDisposition): EvidenceSelector =>
  (one) =>
    one.disposition === course ? one.dispositionEvidence : null;

function buildTreatmentPeriod(participants: readonly Participant[], protocol: Protocol): FlowPeriod {
  const visit = protocol.visits.find(({ id }) => id === protocol.bestResponseBy);
  const reasons = DROP_REASONS.map(([course, type, other]): DropReason & { readonly size: number } => {
    const affected = buildFlowCells(participants, selectByDisposition(course));
    return { type, other, affected, size: affected[0]?.cell.subjects ?? 0 };
  });
  return {
    title: `Treatment and assessment, ${visit?.name ?? ''}`,
    started: buildMilestone(participants, selectEnrolled, 'Enrolled subjects'),
    between: [
      {
        title: 'Received first infusion',
        ...buildMilestone(participants, ({ infusionEvidence: infused }) => infused),
      },
    ],
    completed: buildMilestone(
      participants,
      selectByDisposition('completed'),
      `Followed to at least day ${visit?.from ?? 0} after the first infusion, the first day of the ${visit?.id ?? ''} window`,
    ),
    reasons: reasons.filter(({ size }) => size > 0).map(({ size: _, ...reason }) => reason),
  };
}

function buildFollowUpPeriod(participants: readonly Participant[]): FlowPeriod {
  const died = buildFlowCells(participants, ({ disposition: course, deathEvidence: death }) =>
    course === 'completed' ? death : null,
  );
  const alive: EvidenceSelector = ({
    disposition: course,
    deathEvidence: death,
    dispositionEvidence: courseFrom,
  }) => (course === 'completed' && death === null ? courseFrom : null);
  const reasons = died[0]?.cell.subjects === 0 ? [] : [{ type: 'Death', other: null, affected: died }];
  return {
    title: 'Follow-up for survival',
    started: buildMilestone(participants, selectByDisposition('completed')),
    between: [],
    completed: buildMilestone(participants, alive, 'Alive at last contact before data cut-off'),
    reasons,
  };
}

/**
 * Participant flow: all enrolled subjects up to the protocol's last visit, then those who completed it in follow-up for
 * survival, so that every death of the study stands in it once.
 */
export function buildParticipantFlow(
  participants: readonly Participant[],
  protocol: Protocol,
  registry: Registry,
  arm: Omit<ReportingGroup, 'id'>,
): ParticipantFlow {
  return {
    preAssignment: registry.results?.preAssignment ?? null,
    recruitment: registry.results?.recruitment ?? null,
    groups: [{ id: FLOW_GROUP_ID, ...arm }],
    periods: [buildTreatmentPeriod(participants, protocol), buildFollowUpPeriod(participants)],
  };
}
