import type {
  InfusionFact,
  MedicationFact,
  Moment,
  OriginalValue,
  TransfusionFact,
  TransplantFact,
} from '../../trial/facts.ts';
import type { Coding, TrialTerm } from '../codes/terminology.ts';
import {
  holdValue,
  type MappingResult,
  toFactsResult,
  toIgnoredResult,
  type ValueOrResult,
  type WorkNeed,
} from '../mapping-result.ts';
import type { SentQuantity } from '../sent-values.ts';
import { convertQuantity } from '../units/convert-quantity.ts';
import { getTrialUnit, type QuantityKind } from '../units/trial-units.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createMissingTimeNeed, createUnmappedUnitNeed, createUnparseableNeed } from '../work-item-texts.ts';
import {
  buildFactKey,
  buildOriginal,
  buildSource,
  formatDayKey,
  formatResourceKey,
  formatTimeKey,
} from './fact-base.ts';
import type { ReaderInput } from './reader-input.ts';
import { readMoment, readText, readTiming } from './row-columns.ts';

/** The vocabularies that contain the terms of treatments. */
export const TREATMENT_VOCABULARIES: readonly string[] = [
  'msc-product',
  'blood-component',
  'agent',
  'transplant',
];

type InfusionStatus = InfusionFact['status'];

const TREATMENT_STATUSES: ReadonlySet<string> = new Set([
  'completed',
  'stopped',
  'in-progress',
  'not-done',
] satisfies InfusionStatus[]);
const UNINFORMATIVE_STATUSES = new Set(['on-hold', 'unknown', 'preparation', 'entered-in-error']);
const BLOOD_COMPONENTS: ReadonlySet<string> = new Set(['red-cells', 'platelets', 'any']);
const MEDICATION_ROLES: ReadonlySet<string> = new Set([
  'growth-factor',
  'immunosuppressant',
  'anti-infective',
  'other',
]);

const isInfusionStatus = (status: string): status is InfusionStatus => TREATMENT_STATUSES.has(status);
const isBloodComponent = (code: string): code is TransfusionFact['component'] => BLOOD_COMPONENTS.has(code);
const isMedicationRole = (role: string | undefined): role is MedicationFact['role'] =>
  role !== undefined && MEDICATION_ROLES.has(role);

/** A treatment, before it becomes one kind of fact. */
interface ParsedTreatment {
  readonly term: TrialTerm;
  readonly coding: Coding;
  /** When it was given. */
  readonly at: Moment;
  readonly status: InfusionStatus;
  readonly dose: SentQuantity | null;
  /** FHIRPath of the element that names the treatment. */
  readonly element: string;
}

/**
 * Reads the status of a MedicationAdministration or Procedure (domain section 6, MAR status). Ignored if the status does
 * not state that something was given; held if it is not an R4 code.
 */
export function readTreatmentStatus(row: ViewRow, input: ReaderInput): ValueOrResult<InfusionStatus> {
  const status = readText(row, 'status');
  const element = `${input.at}.status`;
  if (status !== null && isInfusionStatus(status)) return { value: status };
  if (status !== null && UNINFORMATIVE_STATUSES.has(status)) {
    const reason = status === 'entered-in-error' ? status : `status-${status}`;
    const detail = `The status ${status} does not state that anything was given.`;
    return { result: toIgnoredResult(reason, element, detail) };
  }
  const detail = 'The status is missing or is not an R4 code.';
  return holdValue(
    createUnparseableNeed(element, 'status', detail, 'Send an R4 status code, such as completed.'),
  );
}

/** Reads when a treatment was given, from the columns `given*`. Held without a time at the element `name`. */
export function readTreatmentTime(row: ViewRow, input: ReaderInput, name: string): ValueOrResult<Moment> {
  const { timeZone } = input.context;
  const at = readMoment(row, 'given', timeZone) ?? readTiming(row, 'given', timeZone);
  return at ? { value: at } : holdValue(createMissingTimeNeed(`${input.at}.${name}`, at === null));
}

interface CellDose {
  readonly dose: InfusionFact['dose'];
  readonly sent: Omit<OriginalValue, 'code'> | undefined;
  readonly work: readonly WorkNeed[];
}

/**
 * Selects whether a dose is per kg or a total, by its unit; null if it is neither. Both unit maps accept only the spellings
 * that they list, so a volume is neither.
 */
function selectDoseKind(sent: SentQuantity, input: ReaderInput): QuantityKind | null {
  const { mappings, context } = input;
  const isUnitOf = (kind: QuantityKind): boolean =>
    [sent.code, sent.unit].some(
      (unit) => unit !== null && mappings.units.readUnit(context.site, kind, unit) !== null,
    );
  const kinds: readonly QuantityKind[] = ['cell-dose-per-kg', 'cell-dose-total'];
  return kinds.find(isUnitOf) ?? null;
}

/** Reads the cell dose. A dose that cannot be read is a work need; that the infusion was given is a fact all the same. */
function readCellDose(sent: SentQuantity | null, input: ReaderInput): CellDose {
  if (!sent) return { dose: null, sent: undefined, work: [] };
  const withoutDose = (work: readonly WorkNeed[]): CellDose => ({
    dose: null,
    sent: { value: sent.value, unit: sent.unit ?? sent.code, conversion: null },
    work,
  });
  const kind = selectDoseKind(sent, input);
  if (!kind) {
    const unit = sent.code ?? sent.unit;
    const trialUnit = getTrialUnit('cell-dose-per-kg');
    return withoutDose([createUnmappedUnitNeed('cell-dose', unit, sent.element, trialUnit)]);
  }
  const expected = { kind, properties: null, codeLabel: kind };
  const converted = convertQuantity(input.mappings.units, input.context.site, sent, expected);
  if ('result' in converted) return withoutDose(converted.result.work);
  const { measured } = converted.value;
  if (measured.comparator !== null) {
    const detail = 'The dose has a comparator.';
    const fix = 'Send the dose as an exact value.';
    return withoutDose([createUnparseableNeed(sent.element, 'cell-dose:comparator', detail, fix)]);
  }
  const per = kind === 'cell-dose-per-kg' ? 'kg' : 'total';
  return { dose: { value: measured.value, per }, sent: converted.value.sent, work: [] };
}

function buildInfusionFact(treatment: ParsedTreatment, input: ReaderInput): MappingResult {
  const { term, coding, at, status, element } = treatment;
  const { dose, sent, work } = readCellDose(treatment.dose, input);
  const notDone = status === 'not-done' ? ['not-done'] : [];
  const fact: InfusionFact = {
    kind: 'infusion',
    key: buildFactKey('infusion', formatDayKey(at), term.code, ...notDone),
    subject: input.context.subject,
    at,
    sources: [buildSource(input, element)],
    product: term.code,
    status,
    dose,
    original: buildOriginal(`${coding.system}|${coding.code}`, sent),
  };
  return toFactsResult([fact], work);
}

const buildTimeKeyParts = (at: Moment, input: ReaderInput): string[] =>
  at.instant !== null ? [formatTimeKey(at)] : [formatDayKey(at), formatResourceKey(input)];

/** Reads the number of transfused units; null if none was sent, or if the dose is something else, such as a volume. */
function readTransfusedUnits(dose: SentQuantity | null, input: ReaderInput): string | null {
  if (!dose) return null;
  const expected = { kind: 'transfused-units', properties: null, codeLabel: 'transfusion' } as const;
  const converted = convertQuantity(input.mappings.units, input.context.site, dose, expected);
  // No work need: the number of units is optional, and a volume does not state it.
  if ('result' in converted || converted.value.measured.comparator !== null) return null;
  return converted.value.measured.value;
}

function buildTransfusionFact(treatment: ParsedTreatment, input: ReaderInput): MappingResult {
  const { term, at, dose, element } = treatment;
  if (!isBloodComponent(term.code))
    throw new Error(`The maps contain a blood component without a reader: ${term.code}.`);
  const fact: TransfusionFact = {
    kind: 'transfusion',
    // Two bags at one instant are two transfusions; reports of one bag are joined when facts are reconciled.
    key: buildFactKey('transfusion', term.code, formatTimeKey(at), formatResourceKey(input)),
    subject: input.context.subject,
    at,
    sources: [buildSource(input, element || input.resource.resourceType)],
    component: term.code,
    units: readTransfusedUnits(dose, input),
  };
  return toFactsResult([fact]);
}

function buildMedicationFact({ term, at, element }: ParsedTreatment, input: ReaderInput): MappingResult {
  const role = term.attributes.find(({ name }) => name === 'role')?.value;
  const fact: MedicationFact = {
    kind: 'medication',
    key: buildFactKey('medication', term.code, ...buildTimeKeyParts(at, input)),
    subject: input.context.subject,
    at,
    sources: [buildSource(input, element)],
    agent: term.code,
    role: isMedicationRole(role) ? role : 'other',
  };
  return toFactsResult([fact]);
}

/**
 * Builds a transplant fact. A transplant that was stopped counts, because the cells of another donor were given in part.
 * One that is in progress is ignored until it is completed: a planned transplant may still not take place. The key is the
 * day, whichever resource reports it.
 */
function buildTransplantFact({ at, status, element }: ParsedTreatment, input: ReaderInput): MappingResult {
  if (status === 'in-progress') {
    const detail = 'A transplant counts when it has been completed.';
    return toIgnoredResult('not-completed', `${input.at}.status`, detail);
  }
  const fact: TransplantFact = {
    kind: 'transplant',
    key: buildFactKey('transplant', formatDayKey(at)),
    subject: input.context.subject,
    at,
    sources: [buildSource(input, element)],
  };
  return toFactsResult([fact]);
}

/**
 * Builds the fact of a treatment by the vocabulary of its term: an infusion of the study product, a transfusion, a
 * transplant or a medication. A planned infusion that was not given is a fact; other treatments that were not given are
 * ignored (`not-given`). Doses are in 10*6.{cells}/kg, or in total 10*6.{cells}.
 * Source: FHIR R4 MedicationAdministration, Procedure; domain sections 3.4 and 6.
 */
export function buildTreatmentFact(treatment: ParsedTreatment, input: ReaderInput): MappingResult {
  const { vocabulary } = treatment.term;
  if (vocabulary === 'msc-product') return buildInfusionFact(treatment, input);
  if (treatment.status === 'not-done') {
    const detail = 'A treatment that was not given has no effect.';
    return toIgnoredResult('not-given', `${input.at}.status`, detail);
  }
  if (vocabulary === 'transplant') return buildTransplantFact(treatment, input);
  return vocabulary === 'blood-component'
    ? buildTransfusionFact(treatment, input)
    : buildMedicationFact(treatment, input);
}
