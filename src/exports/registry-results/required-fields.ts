import { Failure } from '../../errors.ts';

/** A field that a registry needs and registry.json does not have. */
export interface Gap {
  /** Where to put it, such as `/identity/orgName`. */
  readonly key: string;
  /** The registry's element, such as `id_info/org_name`. */
  readonly element: string;
}

/** Collects what is missing, so that one pass names all of it, and fills the place with a text that nobody can miss. */
export interface RequiredFields {
  /** The value, or a placeholder that says which element it stands for. */
  textOrPlaceholder(value: string | undefined, key: string, element: string): string;
  /** Notes that a list is empty, or that something cannot be said. */
  addGap(key: string, element: string): void;
  readonly gaps: readonly Gap[];
}

const PLACEHOLDER_PREFIX = 'DRAFT PLACEHOLDER: ';

/** The last two steps of the element are enough to find it, and short enough for a group's title. */
function formatPlaceholder(element: string): string {
  return `${PLACEHOLDER_PREFIX}${element.split('/').slice(-2).join('/')}`;
}

/** The text, or undefined where it only marks a gap of a draft: renderings with closed lists leave such a field out. */
export function omitPlaceholder(text: string): string | undefined {
  return text.startsWith(PLACEHOLDER_PREFIX) ? undefined : text;
}

/** A new, empty collection of gaps. */
export function createRequiredFields(): RequiredFields {
  const gaps: Gap[] = [];
  const miss = (key: string, element: string): void => {
    if (!gaps.some((gap) => gap.key === key && gap.element === element)) gaps.push({ key, element });
  };
  return {
    gaps,
    addGap: miss,
    textOrPlaceholder(value, key, element) {
      if (value !== undefined) return value;
      miss(key, element);
      return formatPlaceholder(element);
    },
  };
}

/** Refuses (`exports/incomplete`) while anything is missing, naming each field with the registry's element. */
export function refuseGaps(gaps: readonly Gap[]): void {
  if (gaps.length === 0) return;
  const named = gaps.map(({ key, element }) => `${element} (registry.json#${key})`);
  throw new Failure('exports/incomplete', `${gaps.length} elements are missing: ${named.join(', ')}`, {
    at: 'registry.json',
    spec: 'ClinicalTrials.gov PRS data elements',
    fix: 'Fill them in, or write a draft.',
  });
}
