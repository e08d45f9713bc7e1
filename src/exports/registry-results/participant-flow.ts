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

/** For each way not to complete a period, the reason of the pick-list and, where that is `Other`, our name for it. */
const DROP_REASONS: readonly (readonly [
  disposition: FlowDisposition,
  type: string,
  otherName: string | null,
])[] = [
  ['died', 'Death', null],
  ['lost', 'Lost to Follow-up', null],
  ['withdrawn', 'Withdrawal by Subject', null],
  ['off-study', 'Other', 'Taken off study, reason not sent'],
  ['not-infused', 'Other', 'Never infused'],
  ['ongoing', 'Other', 'Still in follow-up at data cut-off'],
];

const FLOW_GROUP_ID = 'FG000';

const buildFlowCells = (
  participants: readonly Participant[],
  from: EvidenceSelector,
): readonly GroupCell[] => [{ group: FLOW_GROUP_ID, cell: buildCountCell(participants, from) }];

const buildMilestone = (
  participants: readonly Participant[],
  from: EvidenceSelector,
  comment: string | null = null,
): Milestone => ({ comment, achieved: buildFlowCells(participants, from) });

/** Selects participants by how they left the treatment period. */
const selectByDisposition =
  (disposition: FlowDisposition): EvidenceSelector =>
  (participant) =>
    participant.disposition === disposition ? participant.dispositionEvidence : null;

function buildTreatmentPeriod(participants: readonly Participant[], protocol: Protocol): FlowPeriod {
  const lastVisit = protocol.visits.find(({ id }) => id === protocol.bestResponseBy);
  const reasons = DROP_REASONS.map(([disposition, type, other]): DropReason => {
    return { type, other, affected: buildFlowCells(participants, selectByDisposition(disposition)) };
  });
  return {
    title: `Treatment and assessment, ${lastVisit?.name ?? ''}`,
    started: buildMilestone(participants, selectEnrolled, 'Enrolled subjects'),
    between: [
      {
        title: 'Received first infusion',
        ...buildMilestone(participants, ({ infusionEvidence }) => infusionEvidence),
      },
    ],
    completed: buildMilestone(
      participants,
      selectByDisposition('completed'),
      `Followed to at least day ${lastVisit?.from ?? 0} after the first infusion, the first day of the ${lastVisit?.id ?? ''} window`,
    ),
    reasons: reasons.filter(({ affected }) => affected.some(({ cell }) => cell.subjects > 0)),
  };
}

function buildFollowUpPeriod(participants: readonly Participant[]): FlowPeriod {
  const selectDead: EvidenceSelector = ({ disposition, deathEvidence }) =>
    disposition === 'completed' ? deathEvidence : null;
  const selectAlive: EvidenceSelector = ({ disposition, deathEvidence, dispositionEvidence }) =>
    disposition === 'completed' && deathEvidence === null ? dispositionEvidence : null;
  const affected = buildFlowCells(participants, selectDead);
  const hasDeaths = affected[0]?.cell.subjects !== 0;
  return {
    title: 'Follow-up for survival',
    started: buildMilestone(participants, selectByDisposition('completed')),
    between: [],
    completed: buildMilestone(participants, selectAlive, 'Alive at last contact before data cut-off'),
    reasons: hasDeaths ? [{ type: 'Death', other: null, affected }] : [],
  };
}

/**
 * Builds participant flow in two periods: all enrolled subjects up to the protocol's last visit, then those who completed
 * it in follow-up for survival. Thus every death of the study is counted once.
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
