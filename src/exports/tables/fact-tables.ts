import { CAUSALITIES } from '../../trial/causality.ts';
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
import { formatMeasured } from '../../trial/format-measured.ts';
import type { Dosing } from '../../trial/protocol.ts';
import { countDaysSinceFirstInfusion, formatSources, listFactsInOrder } from './fact-cells.ts';
import {
  createFactProvenance,
  type DerivedColumn,
  defineColumn,
  defineTable,
  type StudyTable,
} from './table-definition.ts';

type TimedFact = Pick<Fact, 'at' | 'sources'>;

const DAY_COLUMN: DerivedColumn<TimedFact> = defineColumn(
  'day',
  'integer',
  'Days from the first infusion (its day is 0); empty before there is one and for a partial date.',
  ({ at }, record) => countDaysSinceFirstInfusion(at, record),
);

const SOURCE_COLUMN: DerivedColumn<TimedFact> = defineColumn(
  'source',
  'text',
  'Resources that state the fact, under pseudonyms.',
  ({ sources }, record) => formatSources(sources, record),
);

const defineTimeColumn = (name: string, description: string): DerivedColumn<TimedFact> =>
  defineColumn(name, 'text', description, ({ at }) => at.text);

const VALUE_AS_SENT_COLUMNS: readonly DerivedColumn<Pick<LabFact | WeightFact, 'original'>>[] = [
  defineColumn('originalValue', 'text', 'Value as sent.', ({ original }) => original.value),
  defineColumn('originalUnit', 'text', 'Unit as sent.', ({ original }) => original.unit),
];

/** Laboratory results, one row for each; several statements of one result are one row. */
export const labsTable = defineTable<LabFact>({
  name: 'labs',
  listItems: (record) => listFactsInOrder(record, 'lab'),
  provenance: createFactProvenance(({ analyte }) => analyte),
  columns: [
    defineColumn('analyte', 'text', 'Analyte that was measured.', ({ analyte }) => analyte),
    defineColumn(
      'value',
      'decimal',
      'Count in 10*9/L, haemoglobin in g/L; empty where the laboratory sent no value, or values that contradict each other (see range).',
      ({ measured }) => (measured?.upTo === undefined ? (measured?.value ?? null) : null),
    ),
    defineColumn(
      'unit',
      'text',
      'Unit of value (UCUM).',
      ({ analyte }) => (analyte === 'hemoglobin' ? 'g/L' : '10*9/L'),
      ['10*9/L', 'g/L'],
    ),
    defineColumn(
      'comparator',
      'text',
      'Comparator as sent: the true value is below or above value; empty for an exact value.',
      ({ measured }) => measured?.comparator ?? null,
      ['<', '<=', '>=', '>'],
    ),
    defineTimeColumn('collectedAt', 'Date or time at which the specimen was taken, as sent.'),
    DAY_COLUMN,
    defineColumn('status', 'text', 'Status of the result.', ({ status }) => status, [
      'preliminary',
      'final',
      'amended',
      'corrected',
    ]),
    SOURCE_COLUMN,
    defineColumn('method', 'text', 'Method of counting.', ({ method }) => method, [
      'automated',
      'manual',
      'unspecified',
      'estimate',
    ]),
    defineColumn(
      'absentReason',
      'text',
      'Reason why there is no value; empty where there is one.',
      ({ absentReason }) => absentReason,
    ),
    ...VALUE_AS_SENT_COLUMNS,
    defineColumn(
      'range',
      'text',
      'Range of results of one collection that contradict each other, such as "18 to 95"; empty where one is in force.',
      ({ measured }) => (measured?.upTo === undefined ? null : formatMeasured(measured)),
    ),
  ],
});

/** Builds the table of infusions, one row for each. A total is divided by a weight within the days of the protocol. */
export const buildInfusionsTable = (dosing: Dosing): StudyTable =>
  defineTable<InfusionFact>({
    name: 'infusions',
    listItems: (record) => listFactsInOrder(record, 'infusion'),
    provenance: createFactProvenance(({ product }) => product),
    columns: [
      defineColumn('product', 'text', 'Cell product.', ({ product }) => product),
      defineColumn('status', 'text', 'Whether the infusion was given.', ({ status }) => status, [
        'completed',
        'stopped',
        'in-progress',
        'not-done',
      ]),
      defineColumn(
        'dose',
        'decimal',
        'Dose as sent, in 10*6 cells (per kg or in total, see dosePer); empty where none was sent.',
        ({ dose }) => dose?.value ?? null,
      ),
      defineColumn(
        'dosePer',
        'text',
        'Whether dose is per kg body weight or in total; empty where no dose was sent.',
        ({ dose }) => dose?.per ?? null,
        ['kg', 'total'],
      ),
      defineTimeColumn('givenAt', 'Date or time of the infusion, as sent.'),
      DAY_COLUMN,
      SOURCE_COLUMN,
      defineColumn(
        'dosePerKg',
        'decimal',
        'Dose in 10*6 cells per kg: as sent, or the total divided by the weight nearest to the infusion within the days of the protocol; empty where there is no such weight.',
        (infusion, { facts }) => deriveDosePerKg(infusion, facts, dosing)?.value ?? null,
      ),
    ],
  });

/** Body weights, one row for each. */
export const weightsTable = defineTable<WeightFact>({
  name: 'weights',
  listItems: (record) => listFactsInOrder(record, 'weight'),
  provenance: createFactProvenance(() => 'weight'),
  columns: [
    defineColumn('kilograms', 'decimal', 'Weight in kg.', ({ kilograms }) => kilograms),
    defineTimeColumn('measuredAt', 'Date or time of the measurement, as sent.'),
    DAY_COLUMN,
    SOURCE_COLUMN,
    ...VALUE_AS_SENT_COLUMNS,
  ],
});

/** Conditions of interest to the trial (the diagnosis, infections, clonal evolution), one row for each. */
export const conditionsTable = defineTable<ConditionFact>({
  name: 'conditions',
  listItems: (record) => listFactsInOrder(record, 'condition'),
  provenance: createFactProvenance(({ condition }) => condition),
  columns: [
    defineColumn('condition', 'text', 'Condition, as a term of the trial.', ({ condition }) => condition),
    defineColumn('active', 'boolean', 'Whether the condition is active, as sent.', ({ active }) => active),
    defineColumn(
      'highRisk',
      'boolean',
      'Whether a clonal evolution is of high risk; empty for other conditions and where its code does not determine it.',
      ({ highRisk }) => highRisk ?? null,
    ),
    defineTimeColumn('startedAt', 'Onset as sent, else the date on which the condition was recorded.'),
    defineColumn(
      'endedAt',
      'text',
      'End as sent; empty where none was sent.',
      ({ abated }) => abated?.text ?? null,
    ),
    DAY_COLUMN,
    SOURCE_COLUMN,
  ],
});

/** Transplants of blood-forming stem cells, one row for each. */
export const transplantsTable = defineTable<TransplantFact>({
  name: 'transplants',
  listItems: (record) => listFactsInOrder(record, 'transplant'),
  provenance: createFactProvenance(() => 'transplant'),
  columns: [
    defineTimeColumn('doneAt', 'Date or time of the transplant, as sent.'),
    DAY_COLUMN,
    SOURCE_COLUMN,
  ],
});

/** Transfusions, one row for each. */
export const transfusionsTable = defineTable<TransfusionFact>({
  name: 'transfusions',
  listItems: (record) => listFactsInOrder(record, 'transfusion'),
  provenance: createFactProvenance(({ component }) => component),
  columns: [
    defineColumn(
      'component',
      'text',
      'Blood component; any: the code does not determine it.',
      ({ component }) => component,
      ['red-cells', 'platelets', 'any'],
    ),
    defineColumn(
      'units',
      'decimal',
      'Number of units given; empty where not sent (counted as one).',
      ({ units }) => units,
    ),
    defineTimeColumn('givenAt', 'Date or time of the transfusion, as sent.'),
    DAY_COLUMN,
    SOURCE_COLUMN,
  ],
});

/** Doses of drugs of interest to the trial, one row for each. */
export const medicationsTable = defineTable<MedicationFact>({
  name: 'medications',
  listItems: (record) => listFactsInOrder(record, 'medication'),
  provenance: createFactProvenance(({ agent }) => agent),
  columns: [
    defineColumn('agent', 'text', 'Drug, as a term of the trial.', ({ agent }) => agent),
    defineColumn('role', 'text', 'Role of the drug in the trial.', ({ role }) => role, [
      'growth-factor',
      'immunosuppressant',
      'anti-infective',
      'other',
    ]),
    defineTimeColumn('givenAt', 'Date or time of the dose, as sent.'),
    DAY_COLUMN,
    SOURCE_COLUMN,
  ],
});

/** Adverse events, one row for each. */
export const adverseEventsTable = defineTable<AdverseEventFact>({
  name: 'adverse-events',
  listItems: (record) => listFactsInOrder(record, 'adverse-event'),
  provenance: createFactProvenance(({ term }) => term),
  columns: [
    defineColumn('term', 'text', 'Term as reported.', ({ term }) => term),
    defineColumn('code', 'text', 'Code of the term; empty where none was sent.', ({ code }) => code),
    defineColumn(
      'system',
      'text',
      'Code system, followed by a bar and its version where sent; empty where no code was sent.',
      ({ system, systemVersion }) =>
        system === null ? null : [system, systemVersion].filter(Boolean).join('|'),
    ),
    defineColumn(
      'grade',
      'integer',
      'Grade 1 to 5; empty where not sent, never derived from the severity.',
      ({ grade }) => grade,
    ),
    defineColumn('severity', 'text', 'Severity as sent; empty where not sent.', ({ severity }) => severity, [
      'mild',
      'moderate',
      'severe',
    ]),
    defineColumn(
      'serious',
      'boolean',
      'Whether the event is serious; empty where not sent.',
      ({ serious }) => serious,
    ),
    defineColumn('outcome', 'text', 'Outcome as sent; empty where not sent.', ({ outcome }) => outcome),
    defineTimeColumn('startedAt', 'Onset as sent.'),
    defineColumn(
      'endedAt',
      'text',
      'End as sent; empty where none was sent.',
      ({ resolved }) => resolved?.text ?? null,
    ),
    DAY_COLUMN,
    SOURCE_COLUMN,
    defineColumn(
      'gradeAsSent',
      'integer',
      'Grade as the sender stated it, where a person has adjudicated the event; else empty.',
      ({ asSent }) => asSent?.grade ?? null,
    ),
    defineColumn(
      'seriousAsSent',
      'boolean',
      'Seriousness as the sender stated it, where a person has adjudicated the event; else empty.',
      ({ asSent }) => asSent?.serious ?? null,
    ),
    defineColumn(
      'relation',
      'text',
      'Closest relation to a suspected cause, as adjudicated, else as sent; empty where neither is known.',
      ({ causality }) => causality ?? null,
      CAUSALITIES,
    ),
    defineColumn(
      'relationAsSent',
      'text',
      'Relation as the sender stated it, where a person has adjudicated the event; else empty.',
      ({ asSent }) => asSent?.causality ?? null,
      CAUSALITIES,
    ),
  ],
});
