import { checkGroupReferences, checkWholeNumbers, type Inconsistency } from './inconsistency.ts';
import {
  type FlowPeriod,
  type GroupCell,
  type ParticipantFlow,
  type ResultCell,
  sumCellsOfGroup,
} from './results-model.ts';

function listPeriodCells({ started, completed, between, reasons }: FlowPeriod): readonly GroupCell[] {
  return [
    ...[started, completed, ...between].flatMap(({ achieved }) => achieved),
    ...reasons.flatMap(({ affected }) => affected),
  ];
}

function checkPeriodBalance(period: FlowPeriod, element: string, group: string): readonly Inconsistency[] {
  const started = sumCellsOfGroup(group, period.started.achieved);
  const completed = sumCellsOfGroup(group, period.completed.achieved);
  const notCompleted = sumCellsOfGroup(
    group,
    period.reasons.flatMap(({ affected }) => affected),
  );
  if (started === completed + notCompleted) return [];
  const detail = `${group}: ${started} started, ${completed} completed, ${notCompleted} did not`;
  return [{ rule: 'flow', element, detail }];
}

/** Rule 3: no more participants start than are enrolled. */
function checkStartedCount(flow: ParticipantFlow, enrollment: ResultCell | null): readonly Inconsistency[] {
  const firstCells = flow.periods[0]?.started.achieved ?? [];
  const started = firstCells.reduce((sum, { cell }) => sum + Number(cell.value), 0);
  if (enrollment === null || started <= Number(enrollment.value)) return [];
  const element = 'participantFlow/periods/period[1]/startedMilestone';
  return [{ rule: 'flow', element, detail: `${started} started, ${enrollment.value} are enrolled` }];
}

/** Rule 3: no more participants start a period than completed the one before. */
function checkPeriodChain(flow: ParticipantFlow): readonly Inconsistency[] {
  return flow.periods.slice(1).flatMap((period, i) =>
    flow.groups.flatMap(({ id }): readonly Inconsistency[] => {
      const completedBefore = sumCellsOfGroup(id, flow.periods[i]?.completed.achieved ?? []);
      const started = sumCellsOfGroup(id, period.started.achieved);
      if (started <= completedBefore) return [];
      const element = `participantFlow/periods/period[${i + 2}]/startedMilestone`;
      const detail = `${started} started, ${completedBefore} completed the period before`;
      return [{ rule: 'flow', element, detail }];
    }),
  );
}

/**
 * Rules 1 to 3 for participant flow: its groups, whole numbers, and all participants who started a period are accounted
 * for in it. `enrollment` is null for an upload that carries none.
 */
export function checkFlow(flow: ParticipantFlow, enrollment: ResultCell | null): readonly Inconsistency[] {
  const perPeriod = flow.periods.flatMap((period, i) => {
    const element = `participantFlow/periods/period[${i + 1}]`;
    const cells = listPeriodCells(period);
    const usedIds = cells.map(({ group }) => group);
    return [
      ...checkGroupReferences(element, flow.groups, usedIds),
      ...checkWholeNumbers(element, cells),
      ...flow.groups.flatMap(({ id }) => checkPeriodBalance(period, element, id)),
    ];
  });
  return [...perPeriod, ...checkStartedCount(flow, enrollment), ...checkPeriodChain(flow)];
}
