import type { Registry } from '../registry-json.ts';
import type { OutcomeFigure } from '../registry-vocabulary.ts';
import type { RequiredFields } from './required-fields.ts';
import type { OutcomeMeasure } from './results-model.ts';

/** A registered outcome: what a reader of the registry was promised. */
export interface RegisteredOutcome {
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

/** The registered outcomes; in a draft without types the first is taken as primary, the others as secondary. */
export function listRegisteredOutcomes(
  registry: Registry,
  wanted: RequiredFields,
): readonly RegisteredOutcome[] {
  const outcomes = registry.outcomes ?? [];
  const words = outcomes.map(({ type }, i) => type ?? (i === 0 ? 'Primary' : 'Secondary'));
  if (!words.includes('Primary')) wanted.addGap('/outcomes', 'primary_outcome');
  return outcomes.map(({ figure, type, title, timeFrame, description }, i) => {
    const at = `/outcomes/${i}`;
    const word = words[i] ?? 'Secondary';
    if (type === undefined) wanted.addGap(`${at}/type`, 'outcomeMeasure/measureType');
    if (figure === null) wanted.addGap(`${at}/figure`, 'result/outcomeMeasures/outcomeMeasure');
    const named = figure ? ` ${figure}` : '';
    const element = OUTCOME_ELEMENTS[word];
    return {
      figure,
      type: word,
      title: wanted.textOrPlaceholder(title, `${at}/title`, `${element}/outcome_measure${named}`),
      timeFrame: wanted.textOrPlaceholder(timeFrame, `${at}/timeFrame`, `${element}/outcome_time_frame`),
      description: description ?? null,
    };
  });
}
