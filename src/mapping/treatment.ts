import type {
  InfusionFact,
  MedicationFact,
  Moment,
  Original,
  TransfusionFact,
  TransplantFact,
} from '../trial/facts.ts';
import type { Coding, Word } from './concepts.ts';
import { dayKey, keyOf, timeKey } from './keys.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { unmappedUnit, unparseable } from './needs.ts';
import { convert } from './quantity.ts';
import { momentIn, needsTime, original, type Reading, resourceKey, sourceOf, timingIn } from './reading.ts';
import { held, ignored, states } from './results.ts';
import { quantityOf, type SentQuantity, text } from './row.ts';
import { type QuantityKind, unitOf } from './units.ts';
import type { Row } from './view/compile.ts';

/** The vocabularies in which a treatment may have its word. */
export const TREATMENTS: readonly string[] = ['msc-product', 'blood-component', 'agent', 'transplant'];

type InfusionStatus = InfusionFact['status'];

const GIVEN_OR_NOT: ReadonlySet<string> = new Set([
  'completed',
  'stopped',
  'in-progress',
  'not-done',
] satisfies InfusionStatus[]);
const SAYS_NOTHING = new Set(['on-hold', 'unknown', 'preparation', 'entered-in-error']);
const COMPONENTS: ReadonlySet<string> = new Set(['red-cells', 'platelets', 'any']);
const ROLES: ReadonlySet<string> = new Set(['growth-factor', 'immunosuppressant', 'anti-infective', 'other']);

const isStatus = (s: string): s is InfusionStatus => GIVEN_OR_NOT.has(s);
const isComponent = (c: string): c is TransfusionFact['component'] => COMPONENTS.has(c);
const isRole = (r: string | undefined): r is MedicationFact['role'] => r !== undefined && ROLES.has(r);

/** What was given, when and how far, before it is known as which kind of fact. */
export interface Treatment {
  readonly word: Word;
  readonly coding: Coding;
  readonly at: Moment;
  readonly status: InfusionStatus;
  readonly dose: SentQuantity | null;
  /** The element that says what was given. */
  readonly element: string;
}

/** The status of a MedicationAdministration or Procedure, or why it gives nothing (domain section 6, MAR status). */
export function treatmentStatus(row: Row, reading: Reading): InfusionStatus | Mapped {
  const status = text(row, 'status');
  const element = `${reading.at}.status`;
  if (status !== null && isStatus(status)) return status;
  if (status !== null && SAYS_NOTHING.has(status)) {
    const reason = status === 'entered-in-error' ? status : `status-${status}`;
    return ignored(reason, element, `With status ${status} it does not say that anything was given.`);
  }
  return held(unparseable(element, 'status', 'The status is none of R4.', 'Send an R4 status code.'));
}

/** When it was given: the columns `given*`, or the need for a time. */
export function givenAt(row: Row, reading: Reading, element: string): Moment | WorkNeed {
  const { timeZone } = reading.context;
  const at = momentIn(row, 'given', timeZone) ?? timingIn(row, 'given', timeZone);
  return at ?? needsTime(`${reading.at}.${element}`, at === null);
}

/** The dose columns of a row, without a quantity that is all empty. */
export const doseOf = (row: Row): SentQuantity | null => quantityOf(row, 'dose');

interface Dose {
  readonly dose: InfusionFact['dose'];
  readonly sent: Omit<Original, 'code'> | undefined;
  readonly work: readonly WorkNeed[];
}

/** The unit says whether a dose is per kg or total; both tables list their spellings, so a volume is neither. */
function kindOfDose(sent: SentQuantity, reading: Reading): QuantityKind | null {
  const { tools, context } = reading;
  const kinds: readonly QuantityKind[] = ['cell-dose-per-kg', 'cell-dose-total'];
  const known = (kind: QuantityKind): boolean =>
    [sent.code, sent.unit].some((u) => u !== null && tools.units.read(context.site, kind, u) !== null);
  return kinds.find(known) ?? null;
}

/** The cell dose. What cannot be read is a work need beside the fact: that an infusion was given is true all the same. */
function cellDose(sent: SentQuantity | null, reading: Reading): Dose {
  if (!sent) return { dose: null, sent: undefined, work: [] };
  const kind = kindOfDose(sent, reading);
  const unread = (need: WorkNeed): Dose => ({
    dose: null,
    sent: { value: sent.value, unit: sent.unit ?? sent.code, conversion: null },
    work: [need],
  });
  if (!kind)
    return unread(
      unmappedUnit('cell-dose', sent.code ?? sent.unit, sent.element, unitOf('cell-dose-per-kg')),
    );
  const read = convert(reading.tools.units, reading.context.site, sent, {
    kind,
    properties: null,
    code: kind,
  });
  if ('need' in read) return unread(read.need);
  const { measured } = read.value;
  if (measured.comparator !== null)
    return unread(
      unparseable(sent.element, 'cell-dose:comparator', 'A dose has no comparator.', 'Send the dose.'),
    );
  const per = kind === 'cell-dose-per-kg' ? 'kg' : 'total';
  return { dose: { value: measured.value, per }, sent: read.value.sent, work: [] };
}

function infusion(treatment: Treatment, reading: Reading): Mapped {
  const { word, coding, at, status, element } = treatment;
  const { dose, sent, work } = cellDose(treatment.dose, reading);
  const notDone = status === 'not-done' ? ['not-done'] : [];
  const fact: InfusionFact = {
    kind: 'infusion',
    key: keyOf('infusion', dayKey(at), word.code, ...notDone),
    subject: reading.context.subject,
    at,
    sources: [sourceOf(reading, element)],
    product: word.code,
    status,
    dose,
    original: original(`${coding.system}|${coding.code}`, sent),
  };
  return states([fact], work);
}

const ownKey = (at: Moment, reading: Reading): string[] =>
  at.instant !== null ? [timeKey(at)] : [dayKey(at), resourceKey(reading)];

function transfusion(treatment: Treatment, reading: Reading): Mapped {
  const { word, at, dose, element } = treatment;
  if (!isComponent(word.code))
    throw new Error(`The maps give a blood component that mapping does not know: ${word.code}.`);
  const { tools, context, resource } = reading;
  // A volume says nothing of units: then their number is simply not said.
  const expected = { kind: 'transfused-units', properties: null, code: 'transfusion' } as const;
  const read = dose ? convert(tools.units, context.site, dose, expected) : null;
  const fact: TransfusionFact = {
    kind: 'transfusion',
    key: keyOf('transfusion', word.code, ...ownKey(at, reading)),
    subject: context.subject,
    at,
    sources: [sourceOf(reading, element || resource.resourceType)],
    component: word.code,
    units:
      read && 'value' in read && read.value.measured.comparator === null ? read.value.measured.value : null,
  };
  return states([fact]);
}

function medication(treatment: Treatment, reading: Reading): Mapped {
  const { word, at, element } = treatment;
  const role = word.attributes.find((a) => a.name === 'role')?.value;
  const fact: MedicationFact = {
    kind: 'medication',
    key: keyOf('medication', word.code, ...ownKey(at, reading)),
    subject: reading.context.subject,
    at,
    sources: [sourceOf(reading, element)],
    agent: word.code,
    role: isRole(role) ? role : 'other',
  };
  return states([fact]);
}

/**
 * A transplant. Cells that were given in part (`stopped`) are another donor's all the same; one that is under way is
 * waited for, because what is planned as one may still not come about. Key: the day, whatever resource says so.
 */
function transplant({ at, status, element }: Treatment, reading: Reading): Mapped {
  if (status === 'in-progress') {
    const detail = 'A transplant counts once it was completed.';
    return ignored('not-completed', `${reading.at}.status`, detail);
  }
  const fact: TransplantFact = {
    kind: 'transplant',
    key: keyOf('transplant', dayKey(at)),
    subject: reading.context.subject,
    at,
    sources: [sourceOf(reading, element)],
  };
  return states([fact]);
}

/**
 * What was given as an infusion of the study's product, a transfusion, a transplant or a drug, by the vocabulary of its
 * word. Only a planned infusion that was not given is a fact; other treatments that were not given are ignored
 * (`not-given`). Dose in 10*6.{cells}/kg or total 10*6.{cells}.
 * Source: FHIR R4 MedicationAdministration, Procedure; domain 3.4, 6.
 */
export function treatmentFact(treatment: Treatment, reading: Reading): Mapped {
  const { vocabulary } = treatment.word;
  if (vocabulary === 'msc-product') return infusion(treatment, reading);
  if (treatment.status === 'not-done')
    return ignored('not-given', `${reading.at}.status`, 'A treatment that was not given has no effect.');
  if (vocabulary === 'transplant') return transplant(treatment, reading);
  return vocabulary === 'blood-component' ? transfusion(treatment, reading) : medication(treatment, reading);
}
