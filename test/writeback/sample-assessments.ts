import { stringifyJson } from '../../src/fhir/lossless-json.ts';
import type { Store } from '../../src/store/store.ts';
import type {
  Assessment,
  CriterionInput,
  Deviation,
  InfusionProposal,
  SubjectAssessment,
} from '../../src/trial/assessment.ts';
import type { Source } from '../../src/trial/facts.ts';
import { composeResources } from '../../src/writeback/compose-resources.ts';
import type {
  LastOutboxEntry,
  OutgoingResource,
  WritebackContext,
} from '../../src/writeback/outgoing-resource.ts';

/** One judged subject, written for these tests. */
export function buildSampleSource(id: string, version: string | null, over: Partial<Source> = {}): Source {
  return { site: 'hz', resourceType: 'Observation', id, version, element: 'Observation', ...over };
}

/** A platelet count as a trace shows it. */
export function plateletInput(value: string, from: Source, words = 'platelets'): CriterionInput {
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
  return { says: `${words} ${value} 10*9/L (${from.id})`, stated, source: from, conversion: null };
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
        inputs: evidence.map((s) => plateletInput('24', s)),
        missing: [],
        of: [],
      },
    ],
    evidence,
    supporting: [buildSampleSource('t-1', '1', { resourceType: 'Procedure', element: 'Procedure' })],
    ...over,
  };
}

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
  reason: 'A partial response earns infusions five to eight.',
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
    isResolvable: (s) => s.site === 'hz',
    ...over,
  };
}

/** An outbox in which all that was owed has been delivered, unless `handedOut` is 0. */
export function createLastSentLookup(
  owed: readonly OutgoingResource[],
  handedOut = 1,
): (identifier: string) => LastOutboxEntry | undefined {
  const byIdentifier = new Map(owed.map((one) => [one.identifier, one]));
  return (identifier) => {
    const one = byIdentifier.get(identifier);
    return one && { resource: stringifyJson(one.resource), handedOut };
  };
}

/** As the pipeline does: composes against the outbox, and owes the difference. */
export async function enqueueWrites(
  store: Store,
  now: SubjectAssessment,
  before: SubjectAssessment | undefined,
  at: WritebackContext,
  who = { site: 'hz', subject: '017' },
): Promise<void> {
  await store.transaction(async ({ outbox }) => {
    const last = new Map((await outbox.list({ site: who.site })).map((entry) => [entry.identifier, entry]));
    for (const one of composeResources(now, before, at, (id) => last.get(id))) {
      const { identifier, resourceType } = one;
      const resource = stringifyJson(one.resource);
      const provenance = stringifyJson(one.provenance);
      const whose = { ...who, study: 'msc-aa' };
      await outbox.enqueue({ ...whose, identifier, resourceType, resource, provenance }, at.now);
    }
  });
}
