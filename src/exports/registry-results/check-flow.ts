import { checkGroupReferences, checkWholeNumbers, type Inconsistency } from './inconsistency.ts';
import { type FlowPeriod, type ParticipantFlow, type ResultCell, sumCellsOfGroup } from './results-model.ts';

function listPeriodCells(period: FlowPeriod) {
  const { started, completed, between, reasons } = period;
  return [started, completed, ...between]
    .flatMap(({ achieved }) => achieved)
    .concat(reasons.flatMap((r) => r.affected));
}

function checkPeriodBalance(period: FlowPeriod, element: string, group: string): readonly Inconsistency[] {
  const started = sumCellsOfGroup(group, period.started.achieved);
  const completed = sumCellsOfGroup(group, period.completed.achieved);
  const gone = sumCellsOfGroup(
    group,
    period.reasons.flatMap(({ affected }) => affected),
  );
  if (started === completed + gone) return [];
  const says = `${group}: ${started} started, ${completed} completed, ${gone} did not`;
  return [{ rule: 'flow', element, detail: says }];
}

/** Rules 1 to 3 for participant flow: its groups, whole numbers, and who started is accounted for in every period. */
export function checkFlow(flow: ParticipantFlow, enrollment: ResultCell | null): readonly Inconsistency[] {
  const base = 'participantFlow/periods/period';
  const perPeriod = flow.periods.flatMap((period, i) => {
    const element = `${base}[${i + 1}]`;
    const cells = listPeriodCells(period);
    return [
      ...checkGroupReferences(
        element,
        flow.groups,
        cells.map(({ group }) => group),
      ),
      ...checkWholeNumbers(element, cells),
      ...flow.groups.flatMap(({ id }) => checkPeriodBalance(period, element, id)),
    ];
  });
  return [...perPeriod, ...checkStartedCount(flow, enrollment), ...checkPeriodChain(flow)];
}

function checkStartedCount(flow: ParticipantFlow, enrollment: ResultCell | null): readonly Inconsistency[] {
  const started = (flow.periods[0]?.started.achieved ?? []).reduce(
    (sum, { cell }) => sum + Number(cell.value),
    0,
  );
  if (enrollment === null || started <= Number(enrollment.value)) return [];
  const element = 'participantFlow/periods/period[1]/startedMilestone';
  return [{ rule: 'flow', element, detail: `${started} started, ${enrollment.value} are enrolled` }];
}

function checkPeriodChain(flow: ParticipantFlow): readonly Inconsistency[] {
  return flow.periods.slice(1).flatMap((period, i) =>
    flow.groups.flatMap(({ id }): readonly Inconsistency[] => {
      const before = sumCellsOfGroup(id, flow.periods[i]?.completed.achieved ?? []);
      const started = sumCellsOfGroup(id, period.started.achieved);
      if (started <= before) return [];
      const element = `participantFlow/periods/period[${i + 2}]/startedMilestone`;
      return [{ rule: 'flow', element, detail: `${started} started, ${before} completed the period before` }];
    }),
  );
}
