import { Failure } from '../../errors.ts';
import type { GroupCell, ReportingGroup, ResultCell } from './results-model.ts';

/**
 * The rules that the XSD cannot check, because it types nearly every value as a string. Each message names its rule by
 * key.
 */
const CONSISTENCY_RULES = {
  references: 'every reporting group id belongs to the module that uses it',
  numbers:
    'counts are whole numbers; subjects affected are no more than subjects at risk, and events no fewer than subjects affected',
  flow: 'subjects started are subjects completed plus subjects not completed, and no more than the enrolment',
  sums: 'groups add up to the total, and the categories of a count add up to the participants analysed',
  dispersion: 'a dispersion is present exactly where its type requires one, and limits enclose the value',
  events:
    'serious events are complete, other events respect the threshold, and totals are no less than the largest event',
  outcomes: 'outcome measures are the registered ones, by type, title and time frame',
  deaths: 'deaths among adverse events equal those of participant flow, or a comment explains the difference',
  report: 'figures are those of the study report',
  length: 'texts are within the length that the registry accepts, and contain no characters that XML forbids',
} as const;

/** One place where the results contradict themselves. Carries figures and terms of tables, never a subject. */
export interface Inconsistency {
  readonly rule: keyof typeof CONSISTENCY_RULES;
  /** The PRS element, such as `participantFlow/periods/period[1]/startedMilestone`. */
  readonly element: string;
  readonly detail: string;
}

/** Refuses (`exports/inconsistent`) results that contradict themselves, and names every element and rule. */
export function refuseInconsistent(inconsistencies: readonly Inconsistency[]): void {
  const first = inconsistencies[0];
  if (first === undefined) return;
  const details = inconsistencies.map(({ rule, element, detail }) => `${element}: ${detail} (${rule})`);
  throw new Failure(
    'exports/inconsistent',
    `${inconsistencies.length} places contradict the registry's rules: ${details.join('; ')}`,
    {
      at: first.element,
      spec: [...new Set(inconsistencies.map(({ rule }) => CONSISTENCY_RULES[rule]))].join('; '),
      fix: 'Correct the facts or registry.json. If the figures are right, this is a fault of the adapter.',
    },
  );
}

/** Finds group ids that are used but not defined in their module. */
export function checkGroupReferences(
  element: string,
  groups: readonly ReportingGroup[],
  usedIds: readonly string[],
): readonly Inconsistency[] {
  const definedIds = new Set(groups.map(({ id }) => id));
  return [...new Set(usedIds)]
    .filter((id) => !definedIds.has(id))
    .map((id) => ({ rule: 'references', element, detail: `${id} is not a group of this module` }));
}

const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;

/** Finds a count that is not a whole number. */
export function checkWholeNumber(element: string, cell: ResultCell): readonly Inconsistency[] {
  return WHOLE_NUMBER.test(cell.value)
    ? []
    : [{ rule: 'numbers', element, detail: `${cell.value} is not a whole number` }];
}

/** Finds the counts of a list that are not whole numbers. */
export function checkWholeNumbers(element: string, cells: readonly GroupCell[]): readonly Inconsistency[] {
  return cells.flatMap(({ cell }) => checkWholeNumber(element, cell));
}
