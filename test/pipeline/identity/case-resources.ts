import { LosslessNumber } from 'lossless-json';

/*
 * The shorthand of the identity cases. A delivery is one resource by what it states (`{ "platelets": 24, "at": … }`), a
 * Bundle of such resources, NDJSON lines, a deletion or an enrolment. `urn:3` stands for an urn:uuid wherever a
 * reference or a fullUrl can stand.
 */

/** One resource in shorthand: the key of its kind, and further keys of `COMMON_KEYS`. */
export type ResourceShorthand = Readonly<Record<string, unknown>>;

type BuiltResource = Record<string, unknown>;

const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const ADAPTER = 'https://fhir-trial-adapter.example/fhir';

/** LOINC codes and UCUM units of the results. */
const RESULTS: Readonly<Record<string, readonly [code: string, unit: string]>> = {
  platelets: ['777-3', '10*9/L'],
  'platelets by hand': ['778-1', '10*9/L'],
  'platelets by any method': ['26515-7', '10*9/L'],
  'platelet estimate': ['49497-1', '10*9/L'],
  neutrophils: ['751-8', '10*9/L'],
  haemoglobin: ['718-7', 'g/L'],
  leukocytes: ['6690-2', '10*9/L'],
};

/** SNOMED CT codes of transfusions, and the codes of drugs. */
const GIVEN: Readonly<Record<string, readonly [system: string, code: string]>> = {
  'red cells': ['http://snomed.info/sct', '71493000'],
  'platelet transfusion': ['http://snomed.info/sct', '12719002'],
  filgrastim: ['http://www.nlm.nih.gov/research/umls/rxnorm', '68442'],
  infusion: [`${ADAPTER}/CodeSystem/msc-product`, 'bm-msc'],
};

/** Keys that any resource may have; a misspelt key fails the case. */
const COMMON_KEYS = new Set([
  ...['door', 'url', 'id', 'patient', 'at', 'number', 'status', 'issued', 'version', 'updated', 'display'],
  ...['text', 'from', 'replaces', 'product', 'code', 'r5', 'contained', 'note', 'ifNoneExist', 'source'],
]);

const DEFAULT_TIME = '2026-01-06T08:00:00Z';

/** Replaces `urn:3` by an urn:uuid; every rebuilding of a Bundle by the sender has its own. */
export function toReference(text: string, rebuilding: number): string {
  const match = /^urn:(\d+)$/.exec(text);
  if (!match) return text;
  return `urn:uuid:${String(rebuilding).padStart(8, '0')}-0000-4000-8000-${match[1]?.padStart(12, '0')}`;
}

function buildSubject(patient: unknown, rebuilding: number): object | undefined {
  if (patient === null) return undefined;
  if (typeof patient === 'object') return patient;
  const name = typeof patient === 'string' ? patient : 'p1';
  const [system, value] = name.split('|');
  if (value !== undefined) return { identifier: { system, value } };
  const isReference = /^(#|urn:)|\//.test(name);
  return { reference: isReference ? toReference(name, rebuilding) : `Patient/${name}` };
}

function buildIdentifiers(number: unknown): readonly object[] | undefined {
  if (number === undefined) return undefined;
  const numbers = Array.isArray(number) ? number : [number];
  return numbers.map((text) => {
    const [system, value] = String(text).split('|');
    return system === '' ? { value } : { system, value };
  });
}

function buildCoding(system: string, code: string, { display, text }: ResourceShorthand): object {
  return { coding: [{ system, code, ...(display ? { display } : {}) }], ...(text ? { text } : {}) };
}

/** Builds a quantity of a value such as `24`, `"24.0"`, `"<5"` or `"24000 /uL"`. */
function buildQuantity(value: unknown, defaultUnit: string): object | undefined {
  if (value === null) return undefined;
  const match = /^([<>]=?)?(\d+(?:\.\d+)?)(?: (\S+))?$/.exec(String(value));
  if (!match) throw new Error(`${String(value)} is not a value.`);
  const [, comparator, digits = '', unit] = match;
  return {
    value: new LosslessNumber(digits),
    ...(comparator ? { comparator } : {}),
    ...(unit ? { unit } : { unit: defaultUnit, system: UCUM, code: defaultUnit }),
  };
}

function buildResult(kind: string, shorthand: ResourceShorthand, rebuilding: number): BuiltResource {
  const [code, unit] = RESULTS[kind] ?? ['', ''];
  const { status = 'final', issued, from, replaces, note } = shorthand;
  return {
    resourceType: 'Observation',
    status,
    category: [
      {
        coding: [
          { system: `http://terminology.hl7.org/CodeSystem/observation-category`, code: 'laboratory' },
        ],
      },
    ],
    code: buildCoding(LOINC, code, shorthand),
    effectiveDateTime: readTime(shorthand),
    valueQuantity: buildQuantity(shorthand[kind], unit),
    issued,
    specimen: from === undefined ? undefined : buildSpecimenReference(from, rebuilding),
    note: note === undefined ? undefined : [{ text: note }],
    extension: replaces === undefined ? undefined : [buildReplacement(replaces, rebuilding)],
  };
}

const buildSpecimenReference = (from: unknown, rebuilding: number): object =>
  typeof from === 'string' ? { reference: toReference(from, rebuilding) } : (from as object);

function buildReplacement(replaces: unknown, rebuilding: number): object {
  return {
    url: 'http://hl7.org/fhir/StructureDefinition/observation-replaces',
    valueReference: { reference: toReference(String(replaces), rebuilding) },
  };
}

const readTime = ({ at = DEFAULT_TIME }: ResourceShorthand): unknown => (at === null ? undefined : at);

function buildAdministration(kind: string, shorthand: ResourceShorthand, rebuilding: number): BuiltResource {
  const [system, code] = GIVEN[kind] ?? ['', ''];
  const { status = 'completed', product } = shorthand;
  const dose = shorthand[kind];
  const unit = kind === 'infusion' ? '10*6.{cells}/kg' : '{unit}';
  return {
    resourceType: 'MedicationAdministration',
    status,
    ...(product === undefined
      ? { medicationCodeableConcept: buildCoding(system, code, shorthand) }
      : { medicationReference: { reference: toReference(String(product), rebuilding) } }),
    effectiveDateTime: readTime(shorthand),
    dosage: dose === true ? undefined : { dose: buildQuantity(dose, unit) },
  };
}

function buildEvent(shorthand: ResourceShorthand): BuiltResource {
  const { event, code, display, r5, status } = shorthand;
  const coding = code ? { coding: [{ system: 'https://www.meddra.org', code, display }] } : {};
  const concept = { ...coding, ...(event === true ? {} : { text: event }) };
  const time = readTime(shorthand);
  return r5
    ? {
        resourceType: 'AdverseEvent',
        status: status ?? 'completed',
        actuality: 'actual',
        code: concept,
        occurrenceDateTime: time,
      }
    : { resourceType: 'AdverseEvent', actuality: 'actual', event: concept, date: time };
}

function buildPerson({ person }: ResourceShorthand): BuiltResource {
  const { mrn, insurance, other, sex, born, replacedBy } = person as Record<string, string>;
  const identifier = [
    ...(insurance ? [{ system: 'urn:insurance', value: insurance }] : []),
    ...(mrn ? [{ system: 'urn:mrn', value: mrn }] : []),
    ...(other ? (buildIdentifiers(other) ?? []) : []),
  ];
  return {
    resourceType: 'Patient',
    identifier: identifier.length > 0 ? identifier : undefined,
    gender: sex,
    birthDate: born,
    link: replacedBy && [{ type: 'replaced-by', other: { reference: `Patient/${replacedBy}` } }],
  };
}

function buildReport(shorthand: ResourceShorthand, rebuilding: number): BuiltResource {
  const results = shorthand.report as readonly string[];
  const { status = 'final', issued, from } = shorthand;
  return {
    resourceType: 'DiagnosticReport',
    status,
    code: buildCoding(LOINC, '58410-2', shorthand),
    effectiveDateTime: readTime(shorthand),
    issued,
    specimen: from === undefined ? undefined : [buildSpecimenReference(from, rebuilding)],
    result: results.map((text) => ({ reference: toReference(text, rebuilding) })),
  };
}

function buildProvenance(shorthand: ResourceShorthand, rebuilding: number): BuiltResource {
  const targets = shorthand.provenance as readonly string[];
  return {
    resourceType: 'Provenance',
    target: targets.map((text) => ({ reference: toReference(text, rebuilding) })),
    recorded: '2026-01-06T09:00:00Z',
    agent: [{ who: { display: 'Laboratory system' } }],
  };
}

/** Builds a Specimen, collected at the time; null where none is stated. */
function buildSpecimen({ specimen, status = 'available' }: ResourceShorthand): BuiltResource {
  const collection = specimen === null ? undefined : { collectedDateTime: specimen };
  return { resourceType: 'Specimen', status, collection };
}

function buildMedication({ medication }: ResourceShorthand): BuiltResource {
  const [system, code] = GIVEN[medication === 'bm-msc' ? 'infusion' : String(medication)] ?? ['', ''];
  return { resourceType: 'Medication', code: { coding: [{ system, code }] } };
}

/** The kinds that are not results or treatments, with whether they have a subject. */
const OTHER_KINDS: Readonly<
  Record<string, readonly [(shorthand: ResourceShorthand, rebuilding: number) => BuiltResource, boolean]>
> = {
  event: [buildEvent, true],
  report: [buildReport, true],
  specimen: [buildSpecimen, true],
  person: [buildPerson, false],
  provenance: [buildProvenance, false],
  medication: [buildMedication, false],
};

function buildContent(kind: string, shorthand: ResourceShorthand, rebuilding: number): BuiltResource {
  const other = OTHER_KINDS[kind];
  const content = other
    ? other[0](shorthand, rebuilding)
    : (kind in RESULTS ? buildResult : buildAdministration)(kind, shorthand, rebuilding);
  const hasSubject = other?.[1] ?? true;
  return hasSubject ? { ...content, subject: buildSubject(shorthand.patient, rebuilding) } : content;
}

function findKind(shorthand: ResourceShorthand): string {
  const isKind = (key: string) => key in RESULTS || key in GIVEN || key in OTHER_KINDS;
  const kinds = Object.keys(shorthand).filter(isKind);
  const unknown = Object.keys(shorthand).filter((key) => !isKind(key) && !COMMON_KEYS.has(key));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1 || unknown.length > 0)
    throw new Error(`Not a resource in shorthand: ${JSON.stringify(shorthand)} (${unknown.join(', ')})`);
  return kind;
}

/** Builds the resource of a shorthand; elements without a value are left out. */
export function buildCaseResource(shorthand: ResourceShorthand, rebuilding: number): BuiltResource {
  const content = buildContent(findKind(shorthand), shorthand, rebuilding);
  const { id, number, version, updated, source, contained } = shorthand;
  const identifiers = content.identifier ?? buildIdentifiers(number);
  // R4 has one identifier on an AdverseEvent, R5 a list.
  const isSingle = content.resourceType === 'AdverseEvent' && shorthand.r5 === undefined;
  const hasMeta = [version, updated, source].some((part) => part !== undefined);
  const meta = hasMeta ? { versionId: version, lastUpdated: updated, source } : undefined;
  const nested = (contained as readonly ResourceShorthand[] | undefined)?.map((each) =>
    buildCaseResource(each, rebuilding),
  );
  const { resourceType, ...rest } = content;
  const resource = {
    resourceType,
    id,
    meta,
    contained: nested,
    ...rest,
    identifier: isSingle && Array.isArray(identifiers) ? identifiers[0] : identifiers,
  };
  return Object.fromEntries(Object.entries(resource).filter(([, value]) => value !== undefined));
}

/** Builds an entry of a Bundle: PUT for a resource with an id, POST for one without; no request in a collection. */
export function buildBundleEntry(kind: string, shorthand: ResourceShorthand, rebuilding: number): object {
  const resource = buildCaseResource(shorthand, rebuilding);
  const { resourceType, id } = resource;
  const { url, ifNoneExist } = shorthand;
  const request = {
    ...(id === undefined
      ? { method: 'POST', url: resourceType }
      : { method: 'PUT', url: `${resourceType}/${id}` }),
    ...(ifNoneExist === undefined ? {} : { ifNoneExist }),
  };
  return {
    ...(url === undefined ? {} : { fullUrl: toReference(String(url), rebuilding) }),
    resource,
    ...(kind === 'collection' ? {} : { request }),
  };
}
