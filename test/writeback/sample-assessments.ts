import { stringifyJson } from '../../src/fhir/lossless-json.ts';
import type { Store } from '../../src/store/store.ts';
import type {
  Assessment,
  CriterionInput,
  Deviation,
  InfusionProposal,
  InvestigatorAssessment,
  SubjectAssessment,
} from '../../src/trial/assessment.ts';
import type { Source } from '../../src/trial/facts.ts';
import { composeResources } from '../../src/writeback/compose-resources.ts';
import type {
  LastOutboxEntry,
  OutgoingResource,
  WritebackContext,
} from '../../src/writeback/outgoing-resource.ts';

/** A source of the sample subject that all write-back tests use. */
export function buildSampleSource(id: string, version: string | null, over: Partial<Source> = {}): Source {
  return { site: 'hz', resourceType: 'Observation', id, version, element: 'Observation', ...over };
}

/** A platelet count in a criterion trace; `words` is its wording, which must not matter. */
export function buildPlateletInput(value: string, source: Source, words = 'platelets'): CriterionInput {
  const stated = {
    kind: 'lab',
    at: '2026-06-01',
    analyte: 'platelets',
    value,
    comparator: null,
    status: 'final',
    isDerived: false,
    contradicted: [],
  } as const;
  return { says: `${words} ${value} 10*9/L (${source.id})`, stated, source, conversion: null };
}

export function buildSampleAssessment(over: Partial<Assessment> = {}): Assessment {
  const evidence = over.evidence ?? [buildSampleSource('plt-2', '1'), buildSampleSource('plt-1', '3')];
  return {
    study: 'msc-aa',
    subject: '017',
    visit: 'M3',
    scope: 'overall',
    kind: 'response-at-visit',
    criteria: { id: 'bsh-saa', version: '1.0.0' },
    value: { kind: 'class', class: 'PR' },
    status: 'final',
    effective: '2026-06-01',
    reasons: [
      'Platelets 24 10*9/L without transfusion.',
      'No complete response: platelets are below 150 10*9/L.',
    ],
    trace: [
      {
        criterion: 'platelets > 20 10*9/L',
        verdict: 'true',
        inputs: evidence.map((source) => buildPlateletInput('24', source)),
        missing: [],
        of: [],
      },
    ],
    evidence,
    supporting: [buildSampleSource('t-1', '1', { resourceType: 'Procedure', element: 'Procedure' })],
    ...over,
  };
}

export const SAMPLE_INVESTIGATOR: InvestigatorAssessment = {
  study: 'msc-aa',
  subject: '017',
  visit: 'M3',
  scope: 'overall',
  kind: 'response-at-visit',
  criteria: { id: 'bsh-saa', version: '1.0.0' },
  class: 'CR',
  engineClass: 'PR',
  agrees: false,
  isOutdated: false,
  by: { name: 'Dr A. Novak', identifier: 'urn:staff|17' },
  why: 'The platelet count of the second laboratory.',
  day: '2026-06-03',
  statedAt: '2026-06-03T09:00:00Z',
  source: buildSampleSource('adj-1', '1'),
};

export const SAMPLE_DEVIATION: Deviation = {
  study: 'msc-aa',
  subject: '017',
  kind: 'dose-out-of-range',
  infusion: 2,
  day: '2026-03-09',
  detail: 'The dose of infusion 2 was 2.4 10*6/kg, above 2 10*6/kg.',
  evidence: [buildSampleSource('inf-2', '1', { resourceType: 'MedicationAdministration' })],
};

export const SAMPLE_PROPOSAL: InfusionProposal = {
  study: 'msc-aa',
  subject: '017',
  kind: 'continue-infusions',
  visit: 'M3',
  infusions: [5, 6, 7, 8],
  day: '2026-06-01',
  reason: 'After a partial response the protocol proposes infusions 5 to 8.',
  evidence: [buildSampleSource('plt-2', '1')],
};

export function buildSampleAssessments(over: Partial<SubjectAssessment> = {}): SubjectAssessment {
  return {
    dayZero: '2026-03-02',
    severity: 'SAA',
    severityTrace: [],
    assessments: [buildSampleAssessment()],
    deviations: [],
    proposals: [],
    ...over,
  };
}

export function buildWritebackContext(over: Partial<WritebackContext> = {}): WritebackContext {
  return {
    study: { identifier: 'https://registry.example/studies|msc-aa', title: 'MSC in aplastic anaemia' },
    patient: 'Patient/p-17',
    softwareVersion: '0.1.0',
    now: '2026-06-02T08:00:00.000Z',
    isResolvable: ({ site }) => site === 'hz',
    ...over,
  };
}

/** Looks up the resources in an outbox that has delivered all of them, or (`handedOut` 0) none. */
export function createLastSentLookup(
  resources: readonly OutgoingResource[],
  handedOut = 1,
): (identifier: string) => LastOutboxEntry | undefined {
  const byIdentifier = new Map(resources.map((outgoing) => [outgoing.identifier, outgoing]));
  return (identifier) => {
    const outgoing = byIdentifier.get(identifier);
    return outgoing && { resource: stringifyJson(outgoing.resource), handedOut };
  };
}

/** Composes the resources against the outbox and enqueues the differences, as the pipeline does. */
export async function enqueueWrites(
  store: Store,
  assessment: SubjectAssessment,
  previous: SubjectAssessment | undefined,
  context: WritebackContext,
  subject = { site: 'hz', subject: '017' },
): Promise<void> {
  await store.transaction(async ({ outbox }) => {
    const last = new Map(
      (await outbox.list({ site: subject.site })).map((entry) => [entry.identifier, entry]),
    );
    for (const outgoing of composeResources(assessment, previous, context, (id) => last.get(id))) {
      const { identifier, resourceType } = outgoing;
      const resource = stringifyJson(outgoing.resource);
      const provenance = stringifyJson(outgoing.provenance);
      const entry = { ...subject, study: 'msc-aa', identifier, resourceType, resource, provenance };
      await outbox.enqueue(entry, context.now);
    }
  });
}
