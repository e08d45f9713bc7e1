import type { Registry } from '../registry.ts';
import type { Figure } from '../registry-words.ts';
import type { OutcomeMeasure } from './model.ts';
import type { Wanted } from './wanted.ts';

/** A registered outcome: what a reader of the registry was promised. */
export interface RegisteredOutcome {
  readonly figure: Figure | null;
  readonly type: OutcomeMeasure['type'];
  readonly title: string;
  readonly timeFrame: string;
  readonly description: string | null;
}

const ELEMENTS = {
  Primary: 'primary_outcome',
  Secondary: 'secondary_outcome',
  'Other Pre-specified': 'other_outcome',
  'Post-Hoc': 'other_outcome',
} as const;

/** The registered outcomes; in a draft without types the first is taken as primary, the others as secondary. */
export function registeredOutcomes(registry: Registry, wanted: Wanted): readonly RegisteredOutcome[] {
  const outcomes = registry.outcomes ?? [];
  const words = outcomes.map(({ type }, i) => type ?? (i === 0 ? 'Primary' : 'Secondary'));
  if (!words.includes('Primary')) wanted.miss('/outcomes', 'primary_outcome');
  return outcomes.map(({ figure, type, title, timeFrame, description }, i) => {
    const at = `/outcomes/${i}`;
    const word = words[i] ?? 'Secondary';
    if (type === undefined) wanted.miss(`${at}/type`, 'outcomeMeasure/measureType');
    if (figure === null) wanted.miss(`${at}/figure`, 'result/outcomeMeasures/outcomeMeasure');
    const named = figure ? ` ${figure}` : '';
    const element = ELEMENTS[word];
    return {
      figure,
      type: word,
      title: wanted.text(title, `${at}/title`, `${element}/outcome_measure${named}`),
      timeFrame: wanted.text(timeFrame, `${at}/timeFrame`, `${element}/outcome_time_frame`),
      description: description ?? null,
    };
  });
}
