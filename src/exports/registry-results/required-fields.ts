import { Failure } from '../../errors.ts';

/** A field that a registry requires and registry.json does not have. */
export interface Gap {
  /** Where to add it in registry.json, such as `/identity/orgName`. */
  readonly key: string;
  /** The registry's element, such as `id_info/org_name`. */
  readonly element: string;
}

/** A required field with a vocabulary or format that the registry fixes. */
export interface RequiredField {
  readonly text: string;
  /** Whether the text only marks a gap of a draft: a rendering that validates such fields leaves it out. */
  readonly isPlaceholder: boolean;
}

/** A collection of all missing fields, so that one pass can name them all; fills gaps with visible placeholders. */
export interface RequiredFields {
  /** Returns the value, or a placeholder that names the element. For fields with a fixed vocabulary or format. */
  fieldOrPlaceholder(value: string | undefined, key: string, element: string): RequiredField;
  /** Returns the same as text alone. For fields that accept any text, placeholders included. */
  textOrPlaceholder(value: string | undefined, key: string, element: string): string;
  /** Records a gap that no placeholder can fill: an empty list, or a question that registry.json must answer. */
  addGap(key: string, element: string): void;
  readonly gaps: readonly Gap[];
}

/** Formats the last two steps of the element: enough to find it, and short enough for a group's title. */
function formatPlaceholder(element: string): string {
  return `DRAFT PLACEHOLDER: ${element.split('/').slice(-2).join('/')}`;
}

/** Returns the text of a field, or undefined where it only marks a gap of a draft. */
export function omitPlaceholder({ text, isPlaceholder }: RequiredField): string | undefined {
  return isPlaceholder ? undefined : text;
}

/** Creates an empty collection of gaps. */
export function createRequiredFields(): RequiredFields {
  const gaps: Gap[] = [];
  const addGap = (key: string, element: string): void => {
    if (!gaps.some((gap) => gap.key === key && gap.element === element)) gaps.push({ key, element });
  };
  const fieldOrPlaceholder: RequiredFields['fieldOrPlaceholder'] = (value, key, element) => {
    if (value !== undefined) return { text: value, isPlaceholder: false };
    addGap(key, element);
    return { text: formatPlaceholder(element), isPlaceholder: true };
  };
  return {
    gaps,
    addGap,
    fieldOrPlaceholder,
    textOrPlaceholder: (...field) => fieldOrPlaceholder(...field).text,
  };
}

/** Refuses (`exports/incomplete`) while a required field is missing, and names each with the registry's element. */
export function refuseGaps(gaps: readonly Gap[]): void {
  if (gaps.length === 0) return;
  const elements = gaps.map(({ key, element }) => `${element} (registry.json#${key})`);
  throw new Failure('exports/incomplete', `${gaps.length} elements are missing: ${elements.join(', ')}`, {
    at: 'registry.json',
    spec: 'ClinicalTrials.gov PRS data elements',
    fix: 'Add them to registry.json, or export a draft.',
  });
}
