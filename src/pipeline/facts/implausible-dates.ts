import { isObject, type Resource } from '../../fhir/resource.ts';
import type { MappingResult, WorkNeed } from '../../mapping/mapping-result.ts';
import { addDays } from '../../trial/calendar-days.ts';
import type { Fact, Moment } from '../../trial/facts.ts';

/**
 * The first day that a record of a living subject can have. 1900 is the year of null dates: 1900-01-01 in databases, and
 * 1899-12-30 to 1900-01-01 in spreadsheets; a day before or in it is a default value or a typing error.
 */
const EARLIEST_DAY = '1901-01-01';

/**
 * Whether the day can be true on `today`, the site's calendar day: neither before the first plausible day, nor in the
 * future. One day more is allowed for clocks and time zones.
 */
export const isPlausibleDay = (day: string, today: string): boolean =>
  day >= EARLIEST_DAY && day <= addDays(today, 1);

/**
 * Holds facts with an impossible date: an infusion in the year 1 or in the next century would become day 0, or move every
 * visit. `today` is the site's calendar day. A fact about the person has no date.
 */
export function holdImplausibleDates(
  mapped: MappingResult,
  resource: Resource,
  today: string,
): MappingResult {
  const implausible = mapped.facts.filter(
    ({ kind, at }) => kind !== 'person' && kind !== 'withdrawal' && !isPlausibleDay(at.earliestDay, today),
  );
  if (implausible.length === 0) return mapped;
  return {
    ...mapped,
    facts: mapped.facts.filter((fact) => !implausible.includes(fact)),
    work: [...mapped.work, ...implausible.map((fact) => buildImplausibleDateNeed(fact, resource))],
  };
}

function buildImplausibleDateNeed(fact: Fact, resource: Resource): WorkNeed {
  return {
    reason: 'implausible-value',
    element: findDateElement(fact, resource),
    group: `${fact.kind}:date`,
    detail: 'The date is in the future, or in the year 1900 or before.',
    fix: 'Send the resource again with the correct date.',
    waitsFor: null,
  };
}

/** Elements that state when a resource was released or changed, or when somebody was born: never the date of a fact. */
const OTHER_DATES: ReadonlySet<string> = new Set(['issued', 'lastUpdated', 'birthDate', 'meta', 'text']);

/** Whether the element is the date, or the period, that a moment was read from. */
function isMomentElement(value: unknown, { text }: Moment): boolean {
  if (typeof value === 'string') return value === text;
  if (!isObject(value) || typeof value.start !== 'string') return false;
  return `${value.start}/${typeof value.end === 'string' ? value.end : ''}` === text;
}

/** Finds the elements of a structure from which the moment can have been read, the outermost first. */
function findMomentElements(structure: object, path: string, at: Moment): readonly string[] {
  const children = Array.isArray(structure)
    ? structure.map((child, i) => [`${path}[${i}]`, child] as const)
    : Object.entries(structure)
        .filter(([name]) => !OTHER_DATES.has(name))
        .map(([name, child]) => [`${path}.${name}`, child as unknown] as const);
  const found = children.filter(([, child]) => isMomentElement(child, at)).map(([name]) => name);
  const inner = children.flatMap(([name, child]) =>
    typeof child === 'object' && child !== null && !isMomentElement(child, at)
      ? findMomentElements(child, name, at)
      : [],
  );
  return [...found, ...inner];
}

const readElementName = (element: string): string => element.slice(element.lastIndexOf('.') + 1);

/**
 * Finds the element that states the date of a fact (`Observation.effectiveDateTime`); that of the report or panel where
 * the resource has it from there, and the resource as a whole where the date is that of another resource.
 */
function findDateElement({ at, sources: [own, ...inherited] }: Fact, resource: Resource): string {
  const [element] = findMomentElements(resource, resource.resourceType, at);
  if (element === undefined) return own.resourceType;
  const donor = inherited.find((source) => readElementName(source.element) === readElementName(element));
  return donor?.element ?? element;
}
