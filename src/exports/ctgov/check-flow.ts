import { dangling, type Inconsistency, notAllWhole } from './inconsistency.ts';
import { type Cell, type ParticipantFlow, type Period, sumFor } from './model.ts';

function cellsOf(period: Period) {
  const { started, completed, between, reasons } = period;
  return [started, completed, ...between]
    .flatMap(({ achieved }) => achieved)
    .concat(reasons.flatMap((r) => r.affected));
}

function balance(period: Period, element: string, group: string): readonly Inconsistency[] {
  const started = sumFor(group, period.started.achieved);
  const completed = sumFor(group, period.completed.achieved);
  const gone = sumFor(
    group,
    period.reasons.flatMap(({ affected }) => affected),
  );
  if (started === completed + gone) return [];
  const says = `${group}: ${started} started, ${completed} completed, ${gone} did not`;
  return [{ rule: 'flow', element, says }];
}

/** Rules 1 to 3 for participant flow: its groups, whole numbers, and who started is accounted for in every period. */
export function checkFlow(flow: ParticipantFlow, enrollment: Cell | null): readonly Inconsistency[] {
  const base = 'participantFlow/periods/period';
  const perPeriod = flow.periods.flatMap((period, i) => {
    const element = `${base}[${i + 1}]`;
    const cells = cellsOf(period);
    return [
      ...dangling(
        element,
        flow.groups,
        cells.map(({ group }) => group),
      ),
      ...notAllWhole(element, cells),
      ...flow.groups.flatMap(({ id }) => balance(period, element, id)),
    ];
  });
  return [...perPeriod, ...tooManyStarted(flow, enrollment), ...brokenChain(flow)];
}

function tooManyStarted(flow: ParticipantFlow, enrollment: Cell | null): readonly Inconsistency[] {
  const started = (flow.periods[0]?.started.achieved ?? []).reduce(
    (sum, { cell }) => sum + Number(cell.value),
    0,
  );
  if (enrollment === null || started <= Number(enrollment.value)) return [];
  const element = 'participantFlow/periods/period[1]/startedMilestone';
  return [{ rule: 'flow', element, says: `${started} started, ${enrollment.value} are enrolled` }];
}

function brokenChain(flow: ParticipantFlow): readonly Inconsistency[] {
  return flow.periods.slice(1).flatMap((period, i) =>
    flow.groups.flatMap(({ id }): readonly Inconsistency[] => {
      const before = sumFor(id, flow.periods[i]?.completed.achieved ?? []);
      const started = sumFor(id, period.started.achieved);
      if (started <= before) return [];
      const element = `participantFlow/periods/period[${i + 2}]/startedMilestone`;
      return [{ rule: 'flow', element, says: `${started} started, ${before} completed the period before` }];
    }),
  );
}
