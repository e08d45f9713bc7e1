import { Failure } from '../../errors.ts';
import type { GroupCell, ReportingGroup, ResultCell } from './results-model.ts';

/**
 * The rules that the XSD cannot see, because nearly everything in it is a string. Named in every message.
 */
export const CONSISTENCY_RULES = {
  references: 'every reporting group id is one of its own module',
  numbers: 'counts are whole numbers, affected are no more than at risk, and events no fewer than affected',
  flow: 'started is completed and not completed together, and no more than the enrolment',
  sums: "groups make up the total, and a count's categories make up those analysed",
  dispersion: 'a dispersion stands exactly where the type asks for one, and limits enclose the value',
  events:
    'serious events are complete, others respect the threshold, totals are no less than the largest event',
  outcomes: 'outcome measures are the registered ones, by type, title and time frame',
  deaths: 'deaths of the adverse events are those of participant flow, or a comment says why not',
  report: "figures are the study report's",
  length: 'texts are within the length that the registry takes, and hold no characters that XML forbids',
} as const;

/** One place where the results contradict themselves. Carries figures and terms of tables, never a subject. */
export interface Inconsistency {
  readonly rule: keyof typeof CONSISTENCY_RULES;
  /** The PRS element, such as `participantFlow/periods/period[1]/startedMilestone`. */
  readonly element: string;
  readonly detail: string;
}

/** Refuses (`exports/inconsistent`) results that contradict themselves, naming every element and rule. */
export function refuseInconsistent(found: readonly Inconsistency[]): void {
  const first = found[0];
  if (first === undefined) return;
  const says = found.map(({ rule, element, detail: says }) => `${element}: ${says} (${rule})`);
  throw new Failure(
    'exports/inconsistent',
    `${found.length} places contradict the registry's rules: ${says.join('; ')}`,
    {
      at: first.element,
      spec: [...new Set(found.map(({ rule }) => CONSISTENCY_RULES[rule]))].join('; '),
      fix: 'Correct the facts or registry.json; where the figures are right, this is a fault of the adapter.',
    },
  );
}

/** The refusal where not as many subjects are behind a figure as were counted. */
export function buildCountMismatch(at: string, counted: number, behind: number): Failure {
  return new Failure(
    'exports/inconsistent',
    `${at}: ${counted} subjects were counted, ${behind} are behind it`,
    {
      at,
      fix: 'The data changed while they were read: export again; if it stays, this is a fault of the adapter.',
    },
  );
}

/** Group ids that are used and not defined in their module. */
export function checkGroupReferences(
  element: string,
  groups: readonly ReportingGroup[],
  used: readonly string[],
): readonly Inconsistency[] {
  const known = new Set(groups.map(({ id }) => id));
  return [...new Set(used)]
    .filter((id) => !known.has(id))
    .map((id) => ({ rule: 'references', element, detail: `${id} is no group of this module` }));
}

const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;

/** A count that is no whole number. */
export function checkWholeNumber(element: string, cell: ResultCell): readonly Inconsistency[] {
  return WHOLE_NUMBER.test(cell.value)
    ? []
    : [{ rule: 'numbers', element, detail: `${cell.value} is not a whole number` }];
}

/** All counts of a list that are no whole numbers. */
export function checkWholeNumbers(element: string, cells: readonly GroupCell[]): readonly Inconsistency[] {
  return cells.flatMap(({ cell }) => checkWholeNumber(element, cell));
}
