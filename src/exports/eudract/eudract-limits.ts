import type { EventResults } from '../registry-results/build-results.ts';
import { type Inconsistency, refuseInconsistent } from '../registry-results/inconsistency.ts';

type BoundedText = readonly [element: string, text: string | null, least: number, most: number];

/**
 * Refuses texts that EudraCT does not take (lengths of adverseEvents.xsd 1.1; a group's title needs four characters,
 * which only the upload itself says), and groups in which nobody was exposed.
 */
export function refuseOutsideEudractLimits({ results: { events } }: EventResults): void {
  const texts: readonly BoundedText[] = [
    ['adverseEvents/description', events.description, 0, 350],
    ['adverseEvents/timeFrame', events.timeFrame, 1, 255],
    ...events.groups.flatMap(({ title, description }): readonly BoundedText[] => [
      ['reportingGroups/reportingGroup/title', title, 4, 62],
      ['reportingGroups/reportingGroup/description', description, 0, 999],
    ]),
    ...[...events.serious, ...events.other].flatMap(({ term, notes }): readonly BoundedText[] => [
      ['adverseEvent/term', term, 2, 100],
      ['adverseEvent/description', notes, 0, 250],
    ]),
  ];
  const wrong = texts.flatMap(([element, text, least, most]): readonly Inconsistency[] => {
    const length = [...(text ?? '')].length;
    if (text === null || (length >= least && length <= most)) return [];
    return [{ rule: 'length', element, detail: `${length} characters, EudraCT takes ${least} to ${most}` }];
  });
  const empty = events.groups
    .filter(({ otherAtRisk }) => otherAtRisk.value === '0')
    .map(
      ({ id }): Inconsistency => ({
        rule: 'numbers',
        element: `reportingGroups/reportingGroup[${id}]/subjectsExposed`,
        detail: 'EudraCT takes groups with at least one subject',
      }),
    );
  refuseInconsistent([...wrong, ...empty]);
}
