import {
  buildSentCount,
  buildSentEnrolment,
  buildSentInfusion,
  buildSentPatient,
  buildSentProduct,
} from '../../test/pipeline/sent-resources.ts';
import { buildCountResource } from '../support/sent-resources.ts';

const NAMING = { patient: 1, identifiedBy: 'id' } as const;
const SUBJECT = { reference: 'Patient/p1' };

/** A valid resource of each type that the service reads, about a subject who is enrolled and one who is not. */
export const VALID_RESOURCES: readonly object[] = [
  buildSentCount(0, NAMING, 24, 'final'),
  buildSentCount(1, { patient: 2, identifiedBy: 'mrn' }, 24, 'final'),
  buildCountResource('o9', 'p1', 30),
  buildSentInfusion(0, NAMING, '2026-01-10', 'completed'),
  buildSentProduct('bm-msc'),
  buildSentEnrolment(3, 'on-study'),
  buildSentPatient(1, { type: 'replaces', otherPatient: 2 }),
  buildSentPatient(2, null),
  {
    resourceType: 'DiagnosticReport',
    id: 'r1',
    meta: { versionId: '1', lastUpdated: '2026-03-01T00:00:00Z' },
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '58410-2' }], text: 'CBC' },
    subject: SUBJECT,
    effectiveDateTime: '2026-02-03',
    identifier: [{ system: 'urn:lab', value: 'r1' }],
    specimen: [{ reference: 'Specimen/s1' }],
    contained: [{ ...buildCountResource('c1', 'p1', 40), id: 'c1' }],
    result: [{ reference: 'Observation/o9' }, { reference: '#c1' }],
  },
  {
    resourceType: 'Observation',
    id: 'panel',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '58410-2' }] },
    subject: SUBJECT,
    hasMember: [{ reference: 'Observation/o0' }, { reference: 'Observation/o9' }],
    component: [
      {
        code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
        valueQuantity: { value: 20.5, unit: '10*9/L' },
      },
    ],
  },
  {
    resourceType: 'Specimen',
    id: 's1',
    subject: SUBJECT,
    type: { text: 'blood' },
    collection: { collectedDateTime: '2026-02-03T07:00:00Z' },
  },
  {
    resourceType: 'Condition',
    id: 'k1',
    subject: SUBJECT,
    verificationStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
    },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '306058006' }] },
    onsetDateTime: '2025-12-01',
  },
  {
    resourceType: 'AdverseEvent',
    id: 'a1',
    actuality: 'actual',
    subject: SUBJECT,
    event: { coding: [{ system: 'http://snomed.info/sct', code: '386661006' }], text: 'fever' },
    date: '2026-02-04',
    seriousness: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/adverse-event-seriousness', code: 'non-serious' },
      ],
    },
  },
  {
    resourceType: 'Procedure',
    id: 'x1',
    status: 'completed',
    subject: SUBJECT,
    code: { coding: [{ system: 'http://snomed.info/sct', code: '116863004' }] },
    performedDateTime: '2026-02-05T10:00:00Z',
    usedCode: [{ coding: [{ system: 'http://snomed.info/sct', code: '126242007' }] }],
  },
];
