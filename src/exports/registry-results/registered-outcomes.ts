import type { Registry } from '../registry-json.ts';
import type { OutcomeFigure } from '../registry-vocabulary.ts';
import type { RequiredFields } from './required-fields.ts';
import type { OutcomeMeasure } from './results-model.ts';

/** An outcome as the study registered it before it had results. */
export interface RegisteredOutcome {
  /** The figure of the report that shows it; null where the adapter has none. */
  readonly figure: OutcomeFigure | null;
  readonly type: OutcomeMeasure['type'];
  readonly title: string;
  readonly timeFrame: string;
  readonly description: string | null;
}

const OUTCOME_ELEMENTS = {
  Primary: 'primary_outcome',
  Secondary: 'secondary_outcome',
  'Other Pre-specified': 'other_outcome',
  'Post-Hoc': 'other_outcome',
} as const;

/** Lists the registered outcomes. In a draft, an outcome without a type counts as primary if it is the first, else as secondary. */
export function listRegisteredOutcomes(
  registry: Registry,
  required: RequiredFields,
): readonly RegisteredOutcome[] {
  const outcomes = (registry.outcomes ?? []).map((outcome, i) => ({
    ...outcome,
    assumedType: outcome.type ?? (i === 0 ? ('Primary' as const) : ('Secondary' as const)),
  }));
  if (!outcomes.some(({ assumedType }) => assumedType === 'Primary'))
    required.addGap('/outcomes', 'primary_outcome');
  return outcomes.map(({ figure, type, assumedType, title, timeFrame, description }, i) => {
    const key = `/outcomes/${i}`;
    if (type === undefined) required.addGap(`${key}/type`, 'outcomeMeasure/measureType');
    if (figure === null) required.addGap(`${key}/figure`, 'result/outcomeMeasures/outcomeMeasure');
    const figureSuffix = figure ? ` ${figure}` : '';
    const element = OUTCOME_ELEMENTS[assumedType];
    return {
      figure,
      type: assumedType,
      title: required.textOrPlaceholder(title, `${key}/title`, `${element}/outcome_measure${figureSuffix}`),
      timeFrame: required.textOrPlaceholder(timeFrame, `${key}/timeFrame`, `${element}/outcome_time_frame`),
      description: description ?? null,
    };
  });
}
