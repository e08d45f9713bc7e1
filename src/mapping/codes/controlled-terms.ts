import { ETHNICITIES, RACES } from '../../trial/facts.ts';
import { MappingFailure } from '../mapping-failure.ts';
import type { ConceptMap, MapAttribute, MapElement, MapGroup } from './concept-map.ts';

/** The words of each vocabulary of the trial; null: any word (products and drugs are named by the protocol). */
const CONTROLLED_TERMS: Readonly<Record<string, readonly string[] | null>> = {
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
  transplant: ['stem-cells'],
  race: RACES,
  ethnicity: ETHNICITIES,
  condition: ['aplastic-anaemia', 'infection', 'clonal-evolution'],
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
const ATTRIBUTE_VALUES: Readonly<Record<string, readonly string[]>> = {
  'loinc-property': ['NCnc', 'MCnc', 'SCnc', 'NFr', 'Mass'],
  'accepted-property': ['NCnc', 'MCnc', 'SCnc', 'NFr', 'Mass'],
  method: ['automated', 'manual', 'unspecified', 'estimate'],
  role: ['growth-factor', 'immunosuppressant', 'anti-infective', 'other'],
  'high-risk': ['true', 'false'],
};

/** What `dependsOn` may ask for. */
const DEPENDENCY_NAMES = ['unit'];

/** Stands for every code that the trial has no use for (`unmapped.code`, or a target). */
export const OTHER_TERM = 'other';

/** The short name of a target vocabulary: the last part of its canonical. */
export const parseVocabularyName = (canonical: string): string =>
  canonical.slice(canonical.lastIndexOf('/') + 1);

function checkAttribute(group: MapGroup, code: string, attribute: MapAttribute): void {
  const values = ATTRIBUTE_VALUES[attribute.name];
  if (values?.includes(attribute.value)) return;
  const fix = values
    ? `${attribute.name} is one of ${values.join(', ')}.`
    : `Use one of the properties ${Object.keys(ATTRIBUTE_VALUES).join(', ')}.`;
  throw new MappingFailure(group.file, `code ${code}, product`, fix);
}

function checkElement(group: MapGroup, words: readonly string[] | null, element: MapElement): void {
  const { code } = element;
  for (const target of element.targets) {
    if (target.code !== null && target.code !== OTHER_TERM && words && !words.includes(target.code))
      throw new MappingFailure(group.file, `code ${code}`, `Map it to one of ${words.join(', ')}.`);
    for (const attribute of target.product) checkAttribute(group, code, attribute);
    const asked = target.dependsOn.find((d) => !DEPENDENCY_NAMES.includes(d.name));
    if (asked) {
      const fix = `dependsOn ${asked.name} is not understood: only ${DEPENDENCY_NAMES.join(', ')} is.`;
      throw new MappingFailure(group.file, `code ${code}, dependsOn`, fix);
    }
  }
}

/**
 * Refuses maps whose targets the mapper would not understand: an unknown vocabulary, word, property or dependsOn.
 * Throws a `library/invalid` Failure with file, code and fix; a typing error is found at the start, not at a result.
 */
export function checkTerms(maps: readonly ConceptMap[]): void {
  for (const group of maps.flatMap((m) => m.groups)) {
    const words = CONTROLLED_TERMS[parseVocabularyName(group.target)];
    if (words === undefined) {
      const fix = `Name a code system of this adapter: ${Object.keys(CONTROLLED_TERMS).join(', ')}.`;
      throw new MappingFailure(group.file, `target ${group.target}`, fix);
    }
    if (group.defaultTerm !== null && group.defaultTerm !== OTHER_TERM)
      throw new MappingFailure(
        group.file,
        'unmapped.code',
        `Only ${OTHER_TERM} can stand for all other codes.`,
      );
    for (const element of group.elements) checkElement(group, words, element);
  }
}
