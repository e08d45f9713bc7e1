import { beforeAll, describe, expect, test } from '@jest/globals';
import { createCompileContext } from '../../../profiles/build/build-profiles.ts';
import { compileProfiles } from '../../../profiles/build/compile-profiles.ts';
import { readCoreResources } from '../../../profiles/build/core-package.ts';
import { createProfileChecker, type ProfileChecker } from '../../../src/fhir/profiles/check-profiles.ts';
import {
  INVESTIGATOR_PROFILE,
  listWriteBackProfiles,
  WRITE_BACK_PROFILES,
  type WriteBackResourceType,
} from '../../../src/fhir/profiles/write-back-profiles.ts';
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts';
import { composeResources } from '../../../src/writeback/compose-resources.ts';
import type { OutgoingResource } from '../../../src/writeback/outgoing-resource.ts';
import { listR4Problems, loadR4 } from '../../writeback/r4-validator.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildSampleSource,
  buildWritebackContext,
  createLastSentLookup,
  SAMPLE_DEVIATION,
  SAMPLE_INVESTIGATOR,
  SAMPLE_PROPOSAL,
} from '../../writeback/sample-assessments.ts';
import {
  findPublishedDefinition,
  listMedplumProblems,
  PUBLISHED_DEFINITIONS,
} from './published-definitions.ts';

let checkProfiles: ProfileChecker;
beforeAll(() => {
  loadR4();
  const profiles = [...Object.values(WRITE_BACK_PROFILES), INVESTIGATOR_PROFILE]
    .map(parseProfileId)
    .map(findPublishedDefinition);
  checkProfiles = createProfileChecker(
    compileProfiles([], profiles, createCompileContext(readCoreResources(), PUBLISHED_DEFINITIONS)),
  );
});

const parseProfileId = (canonical: string): string => canonical.slice(canonical.lastIndexOf('/') + 1);

/** Lists problems by R4, by the claimed profile with another validator, and by what that one misses (bindings, types). */
function listProblems(resource: JsonObject): readonly string[] {
  const [claim = 'no profile is claimed'] =
    (resource.meta as { profile?: string[] } | undefined)?.profile ?? [];
  if (!listWriteBackProfiles(resource.resourceType as WriteBackResourceType).includes(claim)) return [claim];
  return [
    ...listR4Problems(resource),
    ...listMedplumProblems(resource, parseProfileId(claim)),
    ...checkProfiles(resource as unknown as Resource).map(
      ({ expression, diagnostics }) => `${expression}: ${diagnostics}`,
    ),
  ];
}

/** Builds a resource and its Provenance as they are sent, with the target reference. */
const buildSentResources = ({ resource, provenance }: OutgoingResource): JsonObject[] => [
  resource,
  { ...provenance, target: [{ reference: 'urn:uuid:4c565f0d-3f5a-5890-b41b-20cf47701c5e' }] },
];

const LINEAGE_RESPONSE = { kind: 'lineage-response-at-visit', scope: 'erythroid' } as const;
const TIME_TO_RESPONSE = {
  kind: 'time-to-lineage-response',
  visit: 'all',
  scope: 'platelet',
  value: { kind: 'days', days: 31 },
} as const;
const BEST_RESPONSE = { kind: 'best-response', visit: 'all' } as const;
const NOTHING_KNOWN = {
  visit: 'M1',
  value: { kind: 'class', class: 'NE' },
  status: 'preliminary',
  reasons: [],
  evidence: [],
  supporting: [],
} as const;
const CURRENT_ASSESSMENTS = buildSampleAssessments({
  assessments: [
    buildSampleAssessment(),
    ...[LINEAGE_RESPONSE, TIME_TO_RESPONSE, BEST_RESPONSE, NOTHING_KNOWN].map((over) =>
      buildSampleAssessment(over),
    ),
  ],
  investigator: [
    SAMPLE_INVESTIGATOR,
    { ...SAMPLE_INVESTIGATOR, visit: 'M6', by: { name: 'B. Li', identifier: 'Practitioner/p7' }, why: null },
    { ...SAMPLE_INVESTIGATOR, visit: 'M9', by: { name: 'C. Wu', identifier: null } },
  ],
  deviations: [
    SAMPLE_DEVIATION,
    { ...SAMPLE_DEVIATION, kind: 'missed-infusion', evidence: [] },
    { ...SAMPLE_DEVIATION, kind: 'displaced-infusion', infusion: 3 },
    { ...SAMPLE_DEVIATION, kind: 'missing-weight', infusion: 4 },
  ],
  proposals: [SAMPLE_PROPOSAL],
});

/** As the pipeline formats them. A Provenance has them in addition to the criteria. */
const POLICIES = [
  'https://fhir-trial-adapter.example/fhir/protocol/msc-aa|1.0.0',
  'https://fhir-trial-adapter.example/fhir/mapping|abc',
];

describe('a written-back resource conforms to its profile', () => {
  const first = composeResources(
    CURRENT_ASSESSMENTS,
    undefined,
    buildWritebackContext({ policies: POLICIES }),
    () => undefined,
  );
  const later = buildWritebackContext({
    now: '2026-06-09T08:00:00.000Z',
    patient: 'urn:mrn|A|1',
    isResolvable: () => false,
  });
  const changed = buildSampleAssessments({
    assessments: [buildSampleAssessment({ value: { kind: 'class', class: 'NR' } })],
  });

  test('when it is first written back', () => {
    expect(first.map(({ resource }) => resource.resourceType).sort()).toEqual([
      ...Array(4).fill('DetectedIssue'),
      ...Array(8).fill('Observation'),
      'ServiceRequest',
    ]);
    expect(first.flatMap(buildSentResources).flatMap(listProblems)).toEqual([]);
  });

  test('when it is amended or retracted, for an EHR that can resolve no reference', () => {
    const amended = composeResources(changed, CURRENT_ASSESSMENTS, later, createLastSentLookup(first));
    const statuses = new Set(amended.map(({ resource }) => resource.status));
    expect([...statuses].sort()).toEqual(['amended', 'entered-in-error', 'revoked']);
    expect(amended.flatMap(buildSentResources).flatMap(listProblems)).toEqual([]);
  });
});

describe('a resource that does not conform to its profile is detected', () => {
  const [outgoing] = composeResources(
    buildSampleAssessments({ assessments: [buildSampleAssessment()] }),
    undefined,
    buildWritebackContext(),
    () => undefined,
  );
  const [observation = {}, provenance = {}] = outgoing ? buildSentResources(outgoing) : [];
  const buildConcept = (system: string, code: string) => ({ coding: [{ system, code }] });

  test.each<[string, JsonObject, JsonObject]>([
    ['no study', observation, { extension: undefined }],
    ['no identifier', observation, { identifier: undefined }],
    [
      'an identifier of another system',
      observation,
      { identifier: [{ system: 'urn:x', value: 'a.b.c.overall.d' }] },
    ],
    [
      'an identifier without a scope',
      observation,
      {
        identifier: [{ system: 'https://fhir-trial-adapter.example/fhir/sid/assessment', value: 'a.b.c.d' }],
      },
    ],
    ['a status that an assessment cannot have', observation, { status: 'corrected' }],
    ['one category', observation, { category: [(observation.category as unknown[])[0]] }],
    ['a code of no assessment', observation, { code: { ...buildConcept('urn:x', 'y'), text: 'z' } }],
    [
      'an unknown class',
      observation,
      {
        valueCodeableConcept: buildConcept(
          'https://fhir-trial-adapter.example/fhir/CodeSystem/response-class',
          'SD',
        ),
      },
    ],
    ['a class as text', observation, { valueCodeableConcept: undefined, valueString: 'PR' }],
    [
      'days for a class',
      observation,
      {
        valueCodeableConcept: undefined,
        valueQuantity: { value: 3, system: 'http://unitsofmeasure.org', code: 'd' },
      },
    ],
    ['no value', observation, { valueCodeableConcept: undefined }],
    [
      'a reason for absent data',
      observation,
      { valueCodeableConcept: undefined, dataAbsentReason: { text: 'NE' } },
    ],
    [
      'criteria without their version',
      observation,
      { method: buildConcept('https://fhir-trial-adapter.example/fhir/CodeSystem/criteria-set', 'bsh-saa') },
    ],
    [
      'criteria without response classes',
      observation,
      {
        method: {
          coding: [
            {
              system: 'https://fhir-trial-adapter.example/fhir/CodeSystem/criteria-set',
              version: '1',
              code: 'camitta-severity',
            },
          ],
        },
      },
    ],
    ['a period', observation, { effectiveDateTime: undefined, effectivePeriod: { start: '2026' } }],
    ['no instant of issue', observation, { issued: undefined }],
    ['components', observation, { component: [{ code: { text: 'x' } }] }],
    ['about a group', observation, { subject: { reference: 'Group/1' } }],
    ['two targets', provenance, { target: [{ reference: 'Observation/1' }, { reference: 'Observation/2' }] }],
    [
      'another activity',
      provenance,
      { activity: buildConcept('http://terminology.hl7.org/CodeSystem/v3-DataOperation', 'ABORT') },
    ],
    [
      'done by a person',
      provenance,
      { agent: [{ ...(provenance.agent as object[])[0], who: { reference: 'Practitioner/1' } }] },
    ],
    [
      'an input that was not a source',
      provenance,
      { entity: [{ role: 'derivation', what: { reference: 'Observation/1' } }] },
    ],
  ])('%s', (_name, resource, change) => {
    expect(listProblems(JSON.parse(JSON.stringify({ ...resource, ...change }))).length).toBeGreaterThan(0);
  });
});

test('the examples conform to their profiles', () => {
  const examples = PUBLISHED_DEFINITIONS.filter(({ url }) => url === undefined) as unknown as JsonObject[];
  const problems = examples.flatMap((example) => {
    const [claim = ''] = (example.meta as { profile?: string[] }).profile ?? [];
    const id = claim.slice(claim.lastIndexOf('/') + 1);
    const found = [...listR4Problems(example), ...listMedplumProblems(example, id)];
    return found.map((problem) => `${example.resourceType}/${example.id}: ${problem}`);
  });
  expect(examples).toHaveLength(17);
  expect(problems).toEqual([]);
});

test('an assessment is derived from the Observations among its sources', () => {
  const evidence = [buildSampleSource('a', '1'), buildSampleSource('p', '1', { resourceType: 'Procedure' })];
  const [outgoing] = composeResources(
    buildSampleAssessments({ assessments: [buildSampleAssessment({ evidence })] }),
    undefined,
    buildWritebackContext(),
    () => undefined,
  );
  expect(outgoing ? buildSentResources(outgoing).flatMap(listProblems) : ['no resource']).toEqual([]);
});

test('a newly claimed profile is not a change of the assessment', () => {
  const before = composeResources(CURRENT_ASSESSMENTS, undefined, buildWritebackContext(), () => undefined);
  const claimless = before.map((outgoing) => ({
    ...outgoing,
    resource: { ...outgoing.resource, meta: undefined },
  }));
  expect(
    composeResources(
      CURRENT_ASSESSMENTS,
      CURRENT_ASSESSMENTS,
      buildWritebackContext(),
      createLastSentLookup(claimless),
    ),
  ).toEqual([]);
});
