import type { EventResults } from '../registry-results/build-results.ts';
import { type Inconsistency, refuseInconsistent } from '../registry-results/inconsistency.ts';

type BoundedText = readonly [element: string, text: string | null, minLength: number, maxLength: number];

/**
 * Refuses (`exports/inconsistent`) texts that EudraCT does not accept, and groups without an exposed subject. The lengths
 * are those of adverseEvents.xsd 1.1, in characters; that a group's title needs four is enforced by the upload alone.
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
  const wrongLengths = texts.flatMap(([element, text, minLength, maxLength]): readonly Inconsistency[] => {
    const length = [...(text ?? '')].length;
    if (text === null || (length >= minLength && length <= maxLength)) return [];
    const detail = `${length} characters, EudraCT accepts ${minLength} to ${maxLength}`;
    return [{ rule: 'length', element, detail }];
  });
  const emptyGroups = events.groups
    .filter(({ otherAtRisk }) => otherAtRisk.value === '0')
    .map(
      ({ id }): Inconsistency => ({
        rule: 'numbers',
        element: `reportingGroups/reportingGroup[${id}]/subjectsExposed`,
        detail: 'EudraCT accepts only groups with at least one subject',
      }),
    );
  refuseInconsistent([...wrongLengths, ...emptyGroups]);
}
