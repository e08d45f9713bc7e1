import type { SentResource } from './pipeline-sandbox.ts';

/** A resource as a case writes it: its kind, and what matters. */
export type ContradictionPart = Readonly<
  Record<string, { readonly id: string } & Readonly<Record<string, unknown>>>
>;

const ADAPTER_SYSTEM = 'https://fhir-trial-adapter.example/fhir';
const AE_RESEARCH = 'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition';
const NCIT = 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl';
const SNOMED = 'http://snomed.info/sct';
const SUBJECT = { subject: { reference: 'Patient/p1' } };
const GRADE_CODES: Readonly<Record<number, string>> = { 3: 'C41340', 4: 'C41337', 5: 'C48275' };
const CRITERION_CODES: Readonly<Record<string, string>> = {
  death: 'C48275',
  'life-threatening': 'C84266',
  hospitalisation: 'C83052',
};

const buildConcept = (system: string, code: string) => ({ coding: [{ system, code }] });

const buildOptional = (name: string, value: unknown, build: (value: string) => unknown) =>
  typeof value === 'string' ? { [name]: build(value) } : {};

function buildEventExtensions({ grade, criterion, resolved }: Readonly<Record<string, unknown>>): object[] {
  const extensions: object[] = [];
  if (grade !== undefined) {
    const code = GRADE_CODES[Number(grade)] ?? '';
    extensions.push({ url: `${AE_RESEARCH}/ae-grade`, valueCodeableConcept: buildConcept(NCIT, code) });
  }
  if (criterion !== undefined) {
    const code = CRITERION_CODES[String(criterion)] ?? '';
    extensions.push({
      url: `${AE_RESEARCH}/seriousness-criteria`,
      extension: [
        { url: 'criterionPresent', valueBoolean: true },
        { url: 'criterionCode', valueCodeableConcept: buildConcept(NCIT, code) },
      ],
    });
  }
  if (resolved !== undefined)
    extensions.push({ url: `${AE_RESEARCH}/resolve-date`, valueDateTime: resolved });
  return extensions;
}

function buildEvent({
  id,
  ...part
}: { readonly id: string } & Readonly<Record<string, unknown>>): SentResource {
  const extension = buildEventExtensions(part);
  return {
    resourceType: 'AdverseEvent',
    id,
    ...SUBJECT,
    actuality: part.actuality ?? 'actual',
    event: { text: 'Sepsis' },
    ...(extension.length > 0 ? { extension } : {}),
    ...buildOptional('date', part.date, String),
    ...buildOptional('detected', part.detected, String),
    ...buildOptional('recordedDate', part.recordedDate, String),
    ...buildOptional('modifierExtension', part.status, (status) => [
      { url: `${AE_RESEARCH}/status`, valueCode: status },
    ]),
    ...buildOptional('outcome', part.outcome, (code) =>
      buildConcept('http://terminology.hl7.org/CodeSystem/adverse-event-outcome', code),
    ),
    ...buildOptional('seriousness', part.seriousness, (code) =>
      buildConcept('http://terminology.hl7.org/CodeSystem/adverse-event-seriousness', code),
    ),
  };
}

type PartBuilder = (part: { readonly id: string } & Readonly<Record<string, unknown>>) => SentResource;

const BUILDERS: Readonly<Record<string, PartBuilder>> = {
  patient: ({ id, ...elements }) => ({
    resourceType: 'Patient',
    id,
    ...Object.fromEntries(Object.entries(elements).filter(([, value]) => value !== null)),
  }),
  event: buildEvent,
  result: ({ id, on, absent }) => ({
    resourceType: 'Observation',
    id,
    ...SUBJECT,
    status: 'final',
    code: buildConcept('http://loinc.org', '777-3'),
    effectiveDateTime: on,
    ...(absent === undefined
      ? { valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' } }
      : {
          dataAbsentReason: buildConcept(
            'http://terminology.hl7.org/CodeSystem/data-absent-reason',
            String(absent),
          ),
        }),
  }),
  infusion: ({ id, on, status = 'completed' }) => ({
    resourceType: 'MedicationAdministration',
    id,
    ...SUBJECT,
    status,
    medicationCodeableConcept: buildConcept(`${ADAPTER_SYSTEM}/CodeSystem/msc-product`, 'bm-msc'),
    effectiveDateTime: on,
  }),
  drug: ({ id, on }) => ({
    resourceType: 'MedicationAdministration',
    id,
    ...SUBJECT,
    status: 'completed',
    medicationCodeableConcept: buildConcept('http://www.whocc.no/atc', 'L03AA02'),
    effectiveDateTime: on,
  }),
  transfusion: ({ id, on }) => ({
    resourceType: 'Procedure',
    id,
    ...SUBJECT,
    status: 'completed',
    code: buildConcept(SNOMED, '12719002'),
    performedDateTime: on,
  }),
  condition: ({ id, onset, recorded, abated }) => ({
    resourceType: 'Condition',
    id,
    ...SUBJECT,
    clinicalStatus: buildConcept(
      'http://terminology.hl7.org/CodeSystem/condition-clinical',
      abated === undefined ? 'active' : 'resolved',
    ),
    code: buildConcept(SNOMED, '91302008'),
    ...buildOptional('onsetDateTime', onset, String),
    ...buildOptional('recordedDate', recorded, String),
    ...buildOptional('abatementDateTime', abated, String),
  }),
};

/** Builds the resource that a part of a case describes. */
export function buildSentContradiction(part: ContradictionPart): SentResource {
  const [[kind, content] = []] = Object.entries(part);
  const build = BUILDERS[kind ?? ''];
  if (!build || !content) throw new Error(`A case has no part ${kind}.`);
  return build(content);
}
