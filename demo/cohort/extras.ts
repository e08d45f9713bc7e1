import { type Bedside, type Entry, entryOf, instant, subjectOf } from './bedside.ts';
import { plateletsEntry, quantityOf, single } from './laboratory.ts';
import { putOf } from './post.ts';
import { concept, type Delivery, decimal, hl7, LOINC, UCUM } from './wire.ts';
import { LOCAL_UNMAPPED } from './words.ts';

/** What else a hospital sends that the trial must not trip over; entries come among the others. */
export function extraEntries(beds: readonly Bedside[]): readonly Entry[] {
  const [first] = beds;
  if (!first) return [];
  switch (first.dialect.site) {
    case 'site-1':
      return beds.map(haematocrit);
    case 'site-2':
      return enteredInError(first);
    case 'site-5':
      return beds.map(ferritin);
    case 'site-6':
      return beds.flatMap(sameResultTwice);
    default:
      return [];
  }
}

/** A result that the trial has no use for. */
function haematocrit(bed: Bedside): Entry {
  return other(bed, 'hct', { system: LOINC, code: '4544-3', display: 'Hematocrit' }, '24.5', '%');
}

/** A local code that nobody has mapped: it waits for a person. */
function ferritin(bed: Bedside): Entry {
  return other(bed, 'ferritin', LOCAL_UNMAPPED, '1840', 'ng/mL');
}

function other(
  bed: Bedside,
  what: string,
  code: Parameters<typeof concept>[0],
  value: string,
  unit: string,
): Entry {
  const at = instant(bed, -8, 8 * 60);
  return entryOf(bed, at, {
    resourceType: 'Observation',
    id: `${bed.patientId}-${what}-1`,
    status: 'final',
    category: [hl7('observation-category', 'laboratory')],
    code: concept(code),
    subject: subjectOf(bed),
    effectiveDateTime: at,
    valueQuantity: { value: decimal(value), unit, system: UCUM, code: unit },
  });
}

/** Another patient's platelets under this subject's name, taken back the next day. */
function enteredInError(bed: Bedside): readonly Entry[] {
  const count = bed.course.counts.find((one) => one.day > 150);
  if (!count) return [];
  const wrong = { ...count, day: count.day + 1, platelets: 412 };
  return [
    plateletsEntry(bed, wrong, 901),
    plateletsEntry(bed, wrong, 901, { version: 2, status: 'entered-in-error' }),
  ];
}

/** One member of a panel, sent once more by itself: the same result in other clothes. */
function sameResultTwice(bed: Bedside): readonly Entry[] {
  const count = bed.course.counts[4];
  if (!count) return [];
  const at = instant(bed, count.day, count.minutes);
  return [entryOf(bed, at, single(bed, 'platelets', count, 5))];
}

/** Deliveries that are not about a subject's record as it stands; they come last. */
export function extraDeliveries(beds: readonly Bedside[]): readonly Delivery[] {
  const [first] = beds;
  if (first?.dialect.site === 'site-1') return sentAndDeleted(first);
  if (first?.dialect.site === 'site-3') return stranger(first);
  return [];
}

/** A result that the hospital deletes again. */
function sentAndDeleted(bed: Bedside): readonly Delivery[] {
  const count = bed.course.counts.find((one) => one.day > 150);
  if (!count) return [];
  const { resource } = plateletsEntry(bed, { ...count, day: count.day + 2, platelets: 388 }, 902);
  return [
    putOf(resource),
    { kind: 'delete', method: 'DELETE', path: `Observation/${resource.id}`, body: null },
  ];
}

/** A patient of the hospital who is not in the study. */
function stranger(bed: Bedside): readonly Delivery[] {
  const at = instant(bed, 10, 8 * 60);
  const patientId = `${bed.dialect.patientPrefix}9999`;
  const meta = { versionId: '1', lastUpdated: at };
  return [
    putOf({ resourceType: 'Patient', id: patientId, meta, gender: 'female', birthDate: '1961-05-05' }),
    putOf({
      resourceType: 'Observation',
      id: `${patientId}-platelets-1`,
      meta,
      status: 'final',
      code: concept(bed.dialect.labs.platelets.code),
      subject: { reference: `Patient/${patientId}` },
      effectiveDateTime: at,
      ...quantityOf(bed, 'platelets', 245),
    }),
  ];
}
