import { deriveDosePerKg } from '../../trial/dosing/check-dose.ts';
import type {
  AdverseEventFact,
  ConditionFact,
  Fact,
  InfusionFact,
  LabFact,
  MedicationFact,
  TransfusionFact,
  TransplantFact,
  WeightFact,
} from '../../trial/facts.ts';
import type { Dosing } from '../../trial/protocol.ts';
import { countDaysSinceFirstInfusion, formatSources, listFactsInOrder } from './fact-cells.ts';
import {
  type ColumnFactory,
  createFactProvenance,
  defineTable,
  type StudyTable,
  SUBJECT_COLUMNS,
} from './table-definition.ts';

/** When it was, as days of the study, and what states it. */
const buildDayAndSourceColumns = <F extends Pick<Fact, 'at' | 'sources'>>(f: ColumnFactory<F>) => [
  f('day', 'integer', 'Days after the first infusion.', (fact, record) =>
    countDaysSinceFirstInfusion(fact.at, record),
  ),
  f('source', 'text', 'The resources that state it.', (fact) => formatSources(fact.sources)),
];

/** What happened to the subjects, as the hospitals sent it. */
export const labsTable = defineTable(
  'labs',
  'One row a laboratory result, statements of one result joined.',
  (record) => listFactsInOrder(record, 'lab'),
  createFactProvenance(({ analyte }: LabFact) => analyte),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('analyte', 'text', 'What was measured.', (fact) => fact.analyte),
    f(
      'value',
      'decimal',
      'Counts in 10*9/L, haemoglobin in g/L; empty where the laboratory gives none.',
      (fact) => fact.measured?.value ?? null,
    ),
    f('unit', 'text', 'Unit of value (UCUM).', (fact) => (fact.analyte === 'hemoglobin' ? 'g/L' : '10*9/L'), [
      '10*9/L',
      'g/L',
    ]),
    f(
      'comparator',
      'text',
      'As sent: the true value is below or above value.',
      (fact) => fact.measured?.comparator ?? null,
      ['<', '<=', '>=', '>'],
    ),
    f('collectedAt', 'text', 'When the specimen was taken, as sent.', (fact) => fact.at.text),
    f(
      'day',
      'integer',
      'Days after the first infusion; empty before there is one or for a partial date.',
      (fact, record) => countDaysSinceFirstInfusion(fact.at, record),
    ),
    f('status', 'text', 'Status of the result.', (fact) => fact.status, [
      'preliminary',
      'final',
      'amended',
      'corrected',
    ]),
    f('source', 'text', 'The resources that state it.', (fact) => formatSources(fact.sources)),
    f('method', 'text', 'How it was counted.', (fact) => fact.method, [
      'automated',
      'manual',
      'unspecified',
      'estimate',
    ]),
    f('absentReason', 'text', 'Why there is no value.', (fact) => fact.absentReason),
    f('originalValue', 'text', 'Value as sent.', (fact) => fact.original.value),
    f('originalUnit', 'text', 'Unit as sent.', (fact) => fact.original.unit),
  ],
);

/** Infusions, with the dose per kg where a weight of the protocol's days divides a total. */
export const buildInfusionsTable = (dosing: Dosing): StudyTable =>
  defineTable(
    'infusions',
    'One row an infusion of the cell product, given or missed.',
    (record) => listFactsInOrder(record, 'infusion'),
    createFactProvenance(({ product }: InfusionFact) => product),
    (f) => [
      ...SUBJECT_COLUMNS,
      f('product', 'text', 'Cell product.', (fact) => fact.product),
      f('status', 'text', 'Whether it was given.', (fact) => fact.status, [
        'completed',
        'stopped',
        'in-progress',
        'not-done',
      ]),
      f(
        'dose',
        'decimal',
        'Dose as sent, in 10*6 cells (per kg or in total, see dosePer); empty where none was sent.',
        (fact) => fact.dose?.value ?? null,
      ),
      f('dosePer', 'text', 'What dose is counted per.', (fact) => fact.dose?.per ?? null, ['kg', 'total']),
      f('givenAt', 'text', 'When, as sent.', (fact) => fact.at.text),
      ...buildDayAndSourceColumns(f),
      f(
        'dosePerKg',
        'decimal',
        'Dose in 10*6 cells per kg: as sent, or the total by the weight nearest to the day within the days of the protocol; empty where there is none.',
        (fact, { facts }) => deriveDosePerKg(fact, facts, dosing)?.value ?? null,
      ),
    ],
  );

export const weightsTable = defineTable(
  'weights',
  'One row a body weight.',
  (record) => listFactsInOrder(record, 'weight'),
  createFactProvenance((_: WeightFact) => 'weight'),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('kilograms', 'decimal', 'Weight in kg.', (fact) => fact.kilograms),
    f('measuredAt', 'text', 'When, as sent.', (fact) => fact.at.text),
    ...buildDayAndSourceColumns(f),
    f('originalValue', 'text', 'Value as sent.', (fact) => fact.original.value),
    f('originalUnit', 'text', 'Unit as sent.', (fact) => fact.original.unit),
  ],
);

export const conditionsTable = defineTable(
  'conditions',
  'One row a condition that matters to the trial: the diagnosis, infections, clonal evolution.',
  (record) => listFactsInOrder(record, 'condition'),
  createFactProvenance(({ condition }: ConditionFact) => condition),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('condition', 'text', 'The condition, in the words of the trial.', (fact) => fact.condition),
    f('active', 'boolean', 'Whether it lasts, as sent.', (fact) => fact.active),
    f(
      'highRisk',
      'boolean',
      'Whether a clonal evolution is of high risk; empty for the others, and where its code leaves it open.',
      (fact) => fact.highRisk ?? null,
    ),
    f('startedAt', 'text', 'Onset as sent, else when it was recorded.', (fact) => fact.at.text),
    f('endedAt', 'text', 'End as sent.', (fact) => fact.abated?.text ?? null),
    ...buildDayAndSourceColumns(f),
  ],
);

export const transplantsTable = defineTable(
  'transplants',
  'One row a transplant of blood-forming stem cells.',
  (record) => listFactsInOrder(record, 'transplant'),
  createFactProvenance((_: TransplantFact) => 'transplant'),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('doneAt', 'text', 'When, as sent.', (fact) => fact.at.text),
    ...buildDayAndSourceColumns(f),
  ],
);

export const transfusionsTable = defineTable(
  'transfusions',
  'One row a transfusion.',
  (record) => listFactsInOrder(record, 'transfusion'),
  createFactProvenance(({ component }: TransfusionFact) => component),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('component', 'text', 'Blood component; any: the code does not say which.', (fact) => fact.component, [
      'red-cells',
      'platelets',
      'any',
    ]),
    f('units', 'decimal', 'Units given; empty where not sent (read as one).', (fact) => fact.units),
    f('givenAt', 'text', 'When, as sent.', (fact) => fact.at.text),
    ...buildDayAndSourceColumns(f),
  ],
);

export const medicationsTable = defineTable(
  'medications',
  'One row a dose of a drug that matters to the trial.',
  (record) => listFactsInOrder(record, 'medication'),
  createFactProvenance(({ agent }: MedicationFact) => agent),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('agent', 'text', 'The drug, in the words of the trial.', (fact) => fact.agent),
    f('role', 'text', 'Why it matters.', (fact) => fact.role, [
      'growth-factor',
      'immunosuppressant',
      'anti-infective',
      'other',
    ]),
    f('givenAt', 'text', 'When, as sent.', (fact) => fact.at.text),
    ...buildDayAndSourceColumns(f),
  ],
);

export const adverseEventsTable = defineTable(
  'adverse-events',
  'One row an adverse event.',
  (record) => listFactsInOrder(record, 'adverse-event'),
  createFactProvenance(({ term }: AdverseEventFact) => term),
  (f) => [
    ...SUBJECT_COLUMNS,
    f('term', 'text', 'Term as reported.', (fact) => fact.term),
    f('code', 'text', 'Code of the term; empty where none was sent.', (fact) => fact.code),
    f('system', 'text', 'Code system, with its version after a bar where sent.', (fact) =>
      fact.system === null ? null : [fact.system, fact.systemVersion].filter(Boolean).join('|'),
    ),
    f(
      'grade',
      'integer',
      'Grade 1 to 5; empty where not sent, never derived from severity.',
      (fact) => fact.grade,
    ),
    f('severity', 'text', 'Severity as sent.', (fact) => fact.severity, ['mild', 'moderate', 'severe']),
    f('serious', 'boolean', 'Serious; empty where not sent.', (fact) => fact.serious),
    f('outcome', 'text', 'Outcome as sent.', (fact) => fact.outcome),
    f('startedAt', 'text', 'Onset as sent.', (fact) => fact.at.text),
    f('endedAt', 'text', 'End as sent.', (fact) => fact.resolved?.text ?? null),
    ...buildDayAndSourceColumns(f),
  ],
);
