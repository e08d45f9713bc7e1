import { ETHNICITIES, RACES } from '../trial/facts.ts';
import {
  type Attribute,
  type ConceptMap,
  invalidPart,
  type MapElement,
  type MapGroup,
} from './concept-map.ts';

/** The words of each vocabulary of the trial; null: any word (products and drugs are named by the protocol). */
const WORDS: Readonly<Record<string, readonly string[] | null>> = {
  analyte: [
    'wbc',
    'anc',
    'hemoglobin',
    'platelets',
    'reticulocytes',
    'body-weight',
    'segmented-neutrophils',
    'band-neutrophils',
    'platelet-clumps',
  ],
  presence: ['present', 'absent'],
  'msc-product': null,
  'blood-component': ['red-cells', 'platelets', 'any'],
  agent: null,
  race: RACES,
  ethnicity: ETHNICITIES,
  condition: ['aplastic-anaemia', 'infection'],
  'adverse-event-grade': ['1', '2', '3', '4', '5'],
  'adverse-event-seriousness': ['serious', 'non-serious'],
  'adverse-event-criterion': [
    'death',
    'life-threatening',
    'hospitalisation',
    'disability',
    'congenital-anomaly',
    'medically-important',
    'intervention',
  ],
  'adverse-event-causality': ['related', 'probable', 'possible', 'unlikely', 'not-related', 'unassessable'],
  'adverse-event-outcome': ['resolved', 'recovering', 'ongoing', 'resolvedWithSequelae', 'fatal', 'unknown'],
};

/** What a target may say besides its word, and the values that are understood. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  'loinc-property': ['NCnc', 'MCnc', 'SCnc', 'NFr', 'Mass'],
  'accepted-property': ['NCnc', 'MCnc', 'SCnc', 'NFr', 'Mass'],
  method: ['automated', 'manual', 'unspecified', 'estimate'],
  role: ['growth-factor', 'immunosuppressant', 'anti-infective', 'other'],
};

/** What `dependsOn` may ask for. */
const CIRCUMSTANCES = ['unit'];

/** Stands for every code that the trial has no use for (`unmapped.code`, or a target). */
export const OTHER = 'other';

/** The short name of a target vocabulary: the last part of its canonical. */
export const vocabularyOf = (canonical: string): string => canonical.slice(canonical.lastIndexOf('/') + 1);

function checkAttribute(group: MapGroup, code: string, attribute: Attribute): void {
  const values = ATTRIBUTES[attribute.name];
  if (values?.includes(attribute.value)) return;
  const fix = values
    ? `${attribute.name} is one of ${values.join(', ')}.`
    : `Use one of the properties ${Object.keys(ATTRIBUTES).join(', ')}.`;
  throw invalidPart(group.file, `code ${code}, product`, fix);
}

function checkElement(group: MapGroup, words: readonly string[] | null, element: MapElement): void {
  const { code } = element;
  for (const target of element.targets) {
    if (target.code !== null && target.code !== OTHER && words && !words.includes(target.code))
      throw invalidPart(group.file, `code ${code}`, `Map it to one of ${words.join(', ')}.`);
    for (const attribute of target.product) checkAttribute(group, code, attribute);
    const asked = target.dependsOn.find((d) => !CIRCUMSTANCES.includes(d.name));
    if (asked) {
      const fix = `dependsOn ${asked.name} is not understood: only ${CIRCUMSTANCES.join(', ')} is.`;
      throw invalidPart(group.file, `code ${code}, dependsOn`, fix);
    }
  }
}

/**
 * Refuses maps whose targets the mapper would not understand: an unknown vocabulary, word, property or dependsOn.
 * Throws a `library/invalid` Failure with file, code and fix; a typing error is found at the start, not at a result.
 */
export function checkWords(maps: readonly ConceptMap[]): void {
  for (const group of maps.flatMap((m) => m.groups)) {
    const words = WORDS[vocabularyOf(group.target)];
    if (words === undefined) {
      const fix = `Name a code system of this adapter: ${Object.keys(WORDS).join(', ')}.`;
      throw invalidPart(group.file, `target ${group.target}`, fix);
    }
    if (group.otherwise !== null && group.otherwise !== OTHER)
      throw invalidPart(group.file, 'unmapped.code', `Only ${OTHER} can stand for all other codes.`);
    for (const element of group.elements) checkElement(group, words, element);
  }
}
