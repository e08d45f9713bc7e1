import { hash } from 'node:crypto';
import { Decimal } from 'decimal.js';
import { toCanonicalJson } from '../fhir/canonical-json.ts';
import { readDigits } from '../fhir/lossless-json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { readPatientIdentifiers } from './patient-identifiers.ts';
import { listBusinessIdentifiers, listQualifiedIdentifiers } from './resource-identity.ts';

/*
 * The identity of a resource that is sent without an id, from what it states. Two payloads are one resource only if they
 * state the same about the same subject: type, subject, what, when, the specimen where both name one, and an identifier
 * that both have; or else if their normalised content is equal. An identifier alone identifies nothing: laboratories put one
 * number on every result of a panel, on every draw of a series, and on the results of different patients.
 */

/** The elements that state what happened, by type, in R4 and R5. */
const WHAT_ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  Observation: ['code'],
  DiagnosticReport: ['code'],
  MedicationAdministration: ['medicationCodeableConcept', 'medicationReference', 'medication'],
  Procedure: ['code'],
  AdverseEvent: ['event', 'code'],
  Condition: ['code'],
  Specimen: ['type'],
  ResearchSubject: ['study'],
};

/** The elements that state when it happened, by type, the first that is sent counting; `[x]` stands for every type. */
const WHEN_ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  Observation: ['effective[x]'],
  DiagnosticReport: ['effective[x]'],
  MedicationAdministration: ['effective[x]', 'occurence[x]', 'occurrence[x]'],
  Procedure: ['performed[x]', 'occurrence[x]'],
  AdverseEvent: ['date', 'occurrence[x]', 'detected', 'recordedDate'],
  Condition: ['onset[x]', 'recordedDate'],
};

/** Types whose statements have no time of their own: an enrolment is one statement however often its status changes. */
const TIMELESS_TYPES: ReadonlySet<string> = new Set(['ResearchSubject']);

/** Elements that describe the message or its presentation, not what is stated. */
const DESCRIPTIVE_ELEMENTS: ReadonlySet<string> = new Set(['meta', 'language', 'display', 'note']);

const INSTANT_PATTERN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Formats an instant in UTC without trailing zeros; other texts with single spaces. */
function normaliseText(text: string): string {
  const [, seconds, fraction = '', zone] = INSTANT_PATTERN.exec(text) ?? [];
  const instant = Date.parse(`${seconds}${zone}`);
  if (!Number.isNaN(instant)) {
    const digits = fraction.replace(/\.?0+$/, '');
    return `${new Date(instant).toISOString().slice(0, 19)}${digits}Z`;
  }
  return text.trim().replace(/\s+/g, ' ');
}

const hasCode = (value: Record<string, unknown>): boolean =>
  (Array.isArray(value.coding) &&
    value.coding.some((coding) => isObject(coding) && coding.code !== undefined)) ||
  (typeof value.code === 'string' && value.system !== undefined);

/** Whether an element only repeats for a reader what the codes next to it state: a text, the unit of a coded quantity. */
function isReadersText(name: string, value: unknown, parent: Record<string, unknown>): boolean {
  if (name === 'text') return typeof value === 'object' || hasCode(parent);
  return name === 'unit' && hasCode(parent);
}

/**
 * Normalises a part of a resource, so that equal statements become equal trees: without display texts and narrative, with
 * instants in UTC, and with numbers without trailing zeros. A text stays where no code states the same.
 */
export function normaliseContent(value: unknown): unknown {
  if (typeof value === 'string') return normaliseText(value);
  const digits = readDigits(value);
  if (digits !== null) return new Decimal(digits).toString();
  if (Array.isArray(value)) return value.map(normaliseContent);
  if (!isObject(value)) return value;
  // The identifier and type of a reference repeat what its target states.
  if (typeof value.reference === 'string') return { reference: value.reference };
  const entries = Object.entries(value).filter(
    ([name, child]) =>
      !DESCRIPTIVE_ELEMENTS.has(name) && !name.startsWith('_') && !isReadersText(name, child, value),
  );
  return Object.fromEntries(entries.map(([name, child]) => [name, normaliseContent(child)]));
}

const digestValue = (value: unknown): string => hash('sha256', toCanonicalJson(value));

/** Elements that name the products which were used, of which each may be a bag of its own. */
const PRODUCT_ELEMENTS = ['usedReference', 'usedCode', 'used'];

/**
 * Lists what the resource states: each coding, the reference, or the text where there is neither, with the products that
 * were used; null for nothing.
 */
function listWhat(resource: Resource): readonly unknown[] {
  const products = PRODUCT_ELEMENTS.flatMap((name) => resource[name] ?? []).map(normaliseContent);
  return listCodes(resource).map((code) => (products.length > 0 ? [code, products] : code));
}

function listCodes(resource: Resource): readonly unknown[] {
  const values = (WHAT_ELEMENTS[resource.resourceType] ?? []).flatMap((name) => resource[name] ?? []);
  const keys = values.flatMap((value) => {
    if (!isObject(value)) return [normaliseContent(value)];
    const codings = Array.isArray(value.coding) ? value.coding.filter(isObject) : [];
    const coded = codings.filter(({ code }) => code !== undefined);
    if (coded.length > 0) return coded.map(({ system, code }) => [system ?? '', code]);
    return [normaliseContent(value)];
  });
  return keys.length > 0 ? keys : [null];
}

/** Reads when it happened, normalised; null where the resource does not state it. */
function readWhen(resource: Resource): unknown {
  for (const element of WHEN_ELEMENTS[resource.resourceType] ?? []) {
    const stem = element.replace('[x]', '');
    const name = Object.keys(resource).find((key) =>
      element.endsWith('[x]') ? key.startsWith(stem) : key === stem,
    );
    if (name !== undefined) return normaliseContent(resource[name]);
  }
  return null;
}

/** The keys of resources that were asked for: a resource is looked up by them, compared and indexed. */
const statementKeys = new WeakMap<Resource, readonly string[]>();

/**
 * Lists the keys of what the resource states, as hashes: one for each identifier with each code and the time. Two resources
 * about one subject that share a key are the same statement, unless they name different specimens or have different
 * identifiers of one system. Empty where the resource has no identifier, or no time: it may then be any of a series.
 */
export function listStatementKeys(resource: Resource): readonly string[] {
  const known = statementKeys.get(resource);
  if (known) return known;
  const keys = deriveStatementKeys(resource);
  statementKeys.set(resource, keys);
  return keys;
}

function deriveStatementKeys(resource: Resource): readonly string[] {
  const { resourceType } = resource;
  const identifiers = resourceType === 'Patient' ? [] : listBusinessIdentifiers(resource);
  if (identifiers.length === 0) return [];
  const when = readWhen(resource);
  if (when === null && !TIMELESS_TYPES.has(resourceType)) return [];
  const whats = listWhat(resource);
  const keys = identifiers.flatMap((identifier) =>
    whats.map((what) => `=${digestValue([resourceType, identifier, what, when]).slice(0, 32)}`),
  );
  return [...new Set(keys)];
}

/** Lists the identifiers of the specimen that the resource names, and the reference to it; empty where it names none. */
function listSpecimenNames({ specimen }: Resource): readonly string[] {
  const named = (Array.isArray(specimen) ? specimen : [specimen]).filter(isObject);
  return named.flatMap((reference) => [
    ...listBusinessIdentifiers({ resourceType: 'Specimen', identifier: reference.identifier }),
    ...(typeof reference.reference === 'string' ? [reference.reference] : []),
  ]);
}

/** Whether both resources name a specimen, and not the same one. */
export function hasOtherSpecimen(first: Resource, second: Resource): boolean {
  const [names, otherNames] = [listSpecimenNames(first), listSpecimenNames(second)];
  return names.length > 0 && otherNames.length > 0 && !names.some((name) => otherNames.includes(name));
}

const parseTokenSystem = (token: string): string => token.slice(0, token.lastIndexOf('|'));

/** Whether the resources have different identifiers of one system, such as the numbers of two bags of one order. */
export function hasOtherNumber(first: Resource, second: Resource): boolean {
  const [numbers, others] = [listQualifiedIdentifiers(first), listQualifiedIdentifiers(second)];
  return numbers.some((number) => {
    const system = parseTokenSystem(number);
    const ofSystem = others.filter((other) => parseTokenSystem(other) === system);
    return ofSystem.length > 0 && !ofSystem.some((other) => numbers.includes(other));
  });
}

/** The part of a Patient that distinguishes people: identifiers with a system, birth date and sex. */
const selectPersonalData = (patient: Resource): unknown => [
  listQualifiedIdentifiers(patient).toSorted(),
  patient.birthDate ?? null,
  patient.gender ?? null,
];

/**
 * Derives the id of a resource that is sent without one. `scope`: what else distinguishes it, such as the subject of a
 * specimen whose results, not itself, name the patient. Equal statements at one site have equal ids, whichever message or
 * Bundle they come in.
 */
export function deriveStatementId(site: string, resource: Resource, scope: unknown = null): string {
  const { resourceType } = resource;
  const { id: _none, ...content } = resource;
  if (resourceType === 'Patient' && listQualifiedIdentifiers(resource).length > 0)
    return toUuid(digestValue([site, resourceType, selectPersonalData(resource)]));
  const keys = listStatementKeys(resource);
  // A reference to a contained Patient means only what that Patient carries.
  const [subject = null] = readPatientIdentifiers(resource, null).identifiers;
  const statement =
    keys.length > 0 && subject !== null
      ? [keys.toSorted(), subject, normaliseContent(resource.specimen ?? null)]
      : normaliseContent(content);
  return toUuid(digestValue([site, resourceType, statement, scope]));
}

/**
 * Derives the id of an adjudication that is made here and not sent by an EHR: one for each person and point, so that a person who
 * states something else about it writes a new version of the same resource.
 */
export const deriveAdjudicationId = (site: string, ...parts: readonly string[]): string =>
  toUuid(digestValue(['adjudication', site, ...parts]));

/** Formats a hash as a stable UUID (version 8, custom: RFC 9562, section 5.8). */
function toUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
