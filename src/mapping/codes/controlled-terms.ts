import { ADJUDICATION_TOPICS, DIAGNOSED_SEVERITIES } from '../../trial/adjudication/person-statement.ts';
import { ETHNICITIES, RACES } from '../../trial/facts.ts';
import { MappingFailure } from '../mapping-failure.ts';
import type { ConceptMap, MapAttribute, MapElement, MapGroup } from './concept-map.ts';

/** The terms of each vocabulary of the trial; null: any term (the protocol names products and drugs). */
const CONTROLLED_TERMS: Readonly<Record<string, readonly string[] | null>> = {
  analyte: [
    'wbc',
    'anc',
    'hemoglobin',
    'platelets',
    'reticulocytes',
    'body-weight',
    'total-neutrophils',
    'segmented-neutrophils',
    'band-neutrophils',
    'platelet-clumps',
  ],
  presence: ['present', 'absent'],
  'result-category': ['laboratory', 'not-laboratory'],
  'specimen-type': ['blood', 'other-material', 'unspecified'],
  'specimen-condition': ['usable', 'unusable', 'unspecified'],
  'specimen-role': ['patient', 'control-material'],
  'body-site': ['sampling-site', 'other-site', 'unspecified'],
  'focal-subject': ['patient', 'someone-else'],
  'measurement-method': ['automated', 'manual', 'estimate', 'unspecified'],
  'msc-product': null,
  'blood-component': ['red-cells', 'platelets', 'any'],
  agent: null,
  transplant: ['stem-cells'],
  race: RACES,
  ethnicity: ETHNICITIES,
  condition: ['aplastic-anaemia', 'infection', 'clonal-evolution'],
  // Grade 0 is the absence of an event.
  'adverse-event-grade': ['0', '1', '2', '3', '4', '5'],
  'adverse-event-absence': ['absent'],
  'adverse-event-severity': ['mild', 'moderate', 'severe'],
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
  adjudication: ADJUDICATION_TOPICS,
  'disease-severity': DIAGNOSED_SEVERITIES,
  'adverse-event-outcome': ['resolved', 'recovering', 'ongoing', 'resolvedWithSequelae', 'fatal', 'unknown'],
};

/** The properties that a target may have besides its term, with their allowed values. */
const ATTRIBUTE_VALUES: Readonly<Record<string, readonly string[]>> = {
  'loinc-property': ['NCnc', 'MCnc', 'SCnc', 'NFr', 'Mass'],
  'accepted-property': ['NCnc', 'MCnc', 'SCnc', 'NFr', 'Mass'],
  method: ['automated', 'manual', 'unspecified', 'estimate'],
  role: ['growth-factor', 'immunosuppressant', 'anti-infective', 'other'],
  'high-risk': ['true', 'false'],
};

/** The properties that `dependsOn` may test. */
const DEPENDENCY_NAMES = ['unit'];

/** The term for codes that the trial does not need (as `unmapped.code`, or as a target). */
export const OTHER_TERM = 'other';

/** Returns the short name of a vocabulary: the last part of its canonical URL. */
export const parseVocabularyName = (canonical: string): string =>
  canonical.slice(canonical.lastIndexOf('/') + 1);

function checkAttribute(group: MapGroup, code: string, attribute: MapAttribute): void {
  const values = ATTRIBUTE_VALUES[attribute.name];
  if (values?.includes(attribute.value)) return;
  const fix = values
    ? `Set ${attribute.name} to one of ${values.join(', ')}.`
    : `Use one of the properties ${Object.keys(ATTRIBUTE_VALUES).join(', ')}.`;
  throw new MappingFailure(group.file, `code ${code}, product`, fix);
}

function checkElement(group: MapGroup, terms: readonly string[] | null, element: MapElement): void {
  const { code } = element;
  for (const target of element.targets) {
    if (target.code !== null && target.code !== OTHER_TERM && terms && !terms.includes(target.code))
      throw new MappingFailure(group.file, `code ${code}`, `Map the code to one of ${terms.join(', ')}.`);
    for (const attribute of target.product) checkAttribute(group, code, attribute);
    const unsupported = target.dependsOn.find(({ name }) => !DEPENDENCY_NAMES.includes(name));
    if (unsupported) {
      const fix = `dependsOn ${unsupported.name} is not supported: use ${DEPENDENCY_NAMES.join(', ')}.`;
      throw new MappingFailure(group.file, `code ${code}, dependsOn`, fix);
    }
  }
}

/**
 * Checks that the mapper supports every target of the maps. Throws a MappingFailure with file, code and fix for an
 * unknown vocabulary, term, property or dependsOn, so that a typing error is found at the start and not at a result.
 */
export function checkTerms(maps: readonly ConceptMap[]): void {
  for (const group of maps.flatMap((map) => map.groups)) {
    const terms = CONTROLLED_TERMS[parseVocabularyName(group.target)];
    if (terms === undefined) {
      const fix = `Use a code system of this adapter: ${Object.keys(CONTROLLED_TERMS).join(', ')}.`;
      throw new MappingFailure(group.file, `target ${group.target}`, fix);
    }
    if (group.defaultTerm !== null && group.defaultTerm !== OTHER_TERM)
      throw new MappingFailure(
        group.file,
        'unmapped.code',
        `Use ${OTHER_TERM}: no other term can apply to all other codes.`,
      );
    for (const element of group.elements) checkElement(group, terms, element);
  }
}
