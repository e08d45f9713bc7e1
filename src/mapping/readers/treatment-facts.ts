import type {
  InfusionFact,
  MedicationFact,
  Moment,
  OriginalValue,
  TransfusionFact,
  TransplantFact,
} from '../../trial/facts.ts';
import { toFactsResult, toHeldResult, toIgnoredResult } from '../build-result.ts';
import type { Coding, TrialTerm } from '../codes/terminology.ts';
import type { MappingResult, WorkNeed } from '../mapping-result.ts';
import type { SentQuantity } from '../sent-values.ts';
import { convertQuantity } from '../units/convert-quantity.ts';
import { getTrialUnit, type QuantityKind } from '../units/trial-units.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createMissingTimeNeed, createUnmappedUnitNeed, createUnparseableNeed } from '../work-item-texts.ts';
import { buildFactKey, formatDayKey, formatResourceKey, formatTimeKey } from './fact-keys.ts';
import { buildOriginal, buildSource } from './fact-source.ts';
import type { ReaderInput } from './reader-input.ts';
import { readMoment, readQuantity, readText, readTiming } from './row-columns.ts';

/** The vocabularies in which a treatment may have its word. */
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
const KNOWN_ROLES: ReadonlySet<string> = new Set([
  'growth-factor',
  'immunosuppressant',
  'anti-infective',
  'other',
]);

const isInfusionStatus = (s: string): s is InfusionStatus => TREATMENT_STATUSES.has(s);
const isBloodComponent = (c: string): c is TransfusionFact['component'] => BLOOD_COMPONENTS.has(c);
const isMedicationRole = (r: string | undefined): r is MedicationFact['role'] =>
  r !== undefined && KNOWN_ROLES.has(r);

/** What was given, when and how far, before it is known as which kind of fact. */
export interface ParsedTreatment {
  readonly term: TrialTerm;
  readonly coding: Coding;
  readonly at: Moment;
  readonly status: InfusionStatus;
  readonly dose: SentQuantity | null;
  /** The element that says what was given. */
  readonly element: string;
}

/** The status of a MedicationAdministration or Procedure, or why it gives nothing (domain section 6, MAR status). */
export function readTreatmentStatus(row: ViewRow, reading: ReaderInput): InfusionStatus | MappingResult {
  const status = readText(row, 'status');
  const element = `${reading.at}.status`;
  if (status !== null && isInfusionStatus(status)) return status;
  if (status !== null && UNINFORMATIVE_STATUSES.has(status)) {
    const reason = status === 'entered-in-error' ? status : `status-${status}`;
    return toIgnoredResult(reason, element, `With status ${status} it does not say that anything was given.`);
  }
  return toHeldResult(
    createUnparseableNeed(element, 'status', 'The status is none of R4.', 'Send an R4 status code.'),
  );
}

/** When it was given: the columns `given*`, or the need for a time. */
export function readTreatmentTime(row: ViewRow, reading: ReaderInput, element: string): Moment | WorkNeed {
  const { timeZone } = reading.context;
  const at = readMoment(row, 'given', timeZone) ?? readTiming(row, 'given', timeZone);
  return at ?? createMissingTimeNeed(`${reading.at}.${element}`, at === null);
}

/** The dose columns of a row, without a quantity that is all empty. */
export const readDose = (row: ViewRow): SentQuantity | null => readQuantity(row, 'dose');

interface CellDose {
  readonly dose: InfusionFact['dose'];
  readonly sent: Omit<OriginalValue, 'code'> | undefined;
  readonly work: readonly WorkNeed[];
}

/** The unit says whether a dose is per kg or total; both tables list their spellings, so a volume is neither. */
function selectDoseKind(sent: SentQuantity, reading: ReaderInput): QuantityKind | null {
  const { mappings: tools, context } = reading;
  const kinds: readonly QuantityKind[] = ['cell-dose-per-kg', 'cell-dose-total'];
  const known = (kind: QuantityKind): boolean =>
    [sent.code, sent.unit].some((u) => u !== null && tools.units.readUnit(context.site, kind, u) !== null);
  return kinds.find(known) ?? null;
}

/** The cell dose. What cannot be read is a work need beside the fact: that an infusion was given is true all the same. */
function readCellDose(sent: SentQuantity | null, reading: ReaderInput): CellDose {
  if (!sent) return { dose: null, sent: undefined, work: [] };
  const kind = selectDoseKind(sent, reading);
  const unread = (need: WorkNeed): CellDose => ({
    dose: null,
    sent: { value: sent.value, unit: sent.unit ?? sent.code, conversion: null },
    work: [need],
  });
  if (!kind)
    return unread(
      createUnmappedUnitNeed(
        'cell-dose',
        sent.code ?? sent.unit,
        sent.element,
        getTrialUnit('cell-dose-per-kg'),
      ),
    );
  const read = convertQuantity(reading.mappings.units, reading.context.site, sent, {
    kind,
    properties: null,
    codeLabel: kind,
  });
  if ('need' in read) return unread(read.need);
  const { measured } = read.value;
  if (measured.comparator !== null)
    return unread(
      createUnparseableNeed(
        sent.element,
        'cell-dose:comparator',
        'A dose has no comparator.',
        'Send the dose.',
      ),
    );
  const per = kind === 'cell-dose-per-kg' ? 'kg' : 'total';
  return { dose: { value: measured.value, per }, sent: read.value.sent, work: [] };
}

function buildInfusionFact(treatment: ParsedTreatment, reading: ReaderInput): MappingResult {
  const { term: word, coding, at, status, element } = treatment;
  const { dose, sent, work } = readCellDose(treatment.dose, reading);
  const notDone = status === 'not-done' ? ['not-done'] : [];
  const fact: InfusionFact = {
    kind: 'infusion',
    key: buildFactKey('infusion', formatDayKey(at), word.code, ...notDone),
    subject: reading.context.subject,
    at,
    sources: [buildSource(reading, element)],
    product: word.code,
    status,
    dose,
    original: buildOriginal(`${coding.system}|${coding.code}`, sent),
  };
  return toFactsResult([fact], work);
}

const buildTimeKeyParts = (at: Moment, reading: ReaderInput): string[] =>
  at.instant !== null ? [formatTimeKey(at)] : [formatDayKey(at), formatResourceKey(reading)];

function buildTransfusionFact(treatment: ParsedTreatment, reading: ReaderInput): MappingResult {
  const { term: word, at, dose, element } = treatment;
  if (!isBloodComponent(word.code))
    throw new Error(`The maps give a blood component that mapping does not know: ${word.code}.`);
  const { mappings: tools, context, resource } = reading;
  // A volume says nothing of units: then their number is simply not said.
  const expected = { kind: 'transfused-units', properties: null, codeLabel: 'transfusion' } as const;
  const read = dose ? convertQuantity(tools.units, context.site, dose, expected) : null;
  const fact: TransfusionFact = {
    kind: 'transfusion',
    key: buildFactKey('transfusion', word.code, ...buildTimeKeyParts(at, reading)),
    subject: context.subject,
    at,
    sources: [buildSource(reading, element || resource.resourceType)],
    component: word.code,
    units:
      read && 'value' in read && read.value.measured.comparator === null ? read.value.measured.value : null,
  };
  return toFactsResult([fact]);
}

function buildMedicationFact(treatment: ParsedTreatment, reading: ReaderInput): MappingResult {
  const { term: word, at, element } = treatment;
  const role = word.attributes.find((a) => a.name === 'role')?.value;
  const fact: MedicationFact = {
    kind: 'medication',
    key: buildFactKey('medication', word.code, ...buildTimeKeyParts(at, reading)),
    subject: reading.context.subject,
    at,
    sources: [buildSource(reading, element)],
    agent: word.code,
    role: isMedicationRole(role) ? role : 'other',
  };
  return toFactsResult([fact]);
}

/**
 * A transplant. Cells that were given in part (`stopped`) are another donor's all the same; one that is under way is
 * waited for, because what is planned as one may still not come about. Key: the day, whatever resource says so.
 */
function buildTransplantFact({ at, status, element }: ParsedTreatment, reading: ReaderInput): MappingResult {
  if (status === 'in-progress') {
    const detail = 'A transplant counts once it was completed.';
    return toIgnoredResult('not-completed', `${reading.at}.status`, detail);
  }
  const fact: TransplantFact = {
    kind: 'transplant',
    key: buildFactKey('transplant', formatDayKey(at)),
    subject: reading.context.subject,
    at,
    sources: [buildSource(reading, element)],
  };
  return toFactsResult([fact]);
}

/**
 * What was given as an infusion of the study's product, a transfusion, a transplant or a drug, by the vocabulary of its
 * word. Only a planned infusion that was not given is a fact; other treatments that were not given are ignored
 * (`not-given`). Dose in 10*6.{cells}/kg or total 10*6.{cells}.
 * Source: FHIR R4 MedicationAdministration, Procedure; domain 3.4, 6.
 */
export function buildTreatmentFact(treatment: ParsedTreatment, reading: ReaderInput): MappingResult {
  const { vocabulary } = treatment.term;
  if (vocabulary === 'msc-product') return buildInfusionFact(treatment, reading);
  if (treatment.status === 'not-done')
    return toIgnoredResult(
      'not-given',
      `${reading.at}.status`,
      'A treatment that was not given has no effect.',
    );
  if (vocabulary === 'transplant') return buildTransplantFact(treatment, reading);
  return vocabulary === 'blood-component'
    ? buildTransfusionFact(treatment, reading)
    : buildMedicationFact(treatment, reading);
}
