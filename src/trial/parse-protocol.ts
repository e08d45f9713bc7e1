import { INTERVAL_METHODS } from '../statistics/proportion-interval.ts';
import type { CriteriaSet } from './criteria/criteria-set.ts';
import { readCitations } from './criteria/parse-criteria-set.ts';
import {
  createDefinitionReader,
  type DefinitionProblem,
  type DefinitionReader,
  type ParseResult,
} from './definition.ts';
import { type Analyte, MEDICATION_ROLES } from './facts.ts';
import { readCytopenias } from './parse-cytopenias.ts';
import type { CensoringRule, CensoringRules, Dosing, Protocol, Visit, Washout } from './protocol.ts';

const WASHOUT_ANALYTES: readonly Analyte[] = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];

function readVisit(reader: DefinitionReader, value: unknown, at: string): Visit {
  const f = reader.fields(value, at, ['id', 'name', 'target', 'window']);
  const window = reader.list(f.window, `${at}/window`, (day, place) => reader.whole(day, place, 0));
  const target = reader.whole(f.target, `${at}/target`, 1);
  const [from = 0, to = 0] = window;
  if (window.length !== 2 || from > target || to < target) {
    reader.problem(
      `${at}/window`,
      'the window does not hold its target day',
      'write [first day, last day] around it',
    );
  }
  return { id: reader.text(f.id, `${at}/id`), name: reader.text(f.name, `${at}/name`), target, from, to };
}

function readVisits(reader: DefinitionReader, value: unknown): readonly Visit[] {
  const visits = reader.list(value, '/visits', (entry, at) => readVisit(reader, entry, at));
  visits.forEach((visit, i) => {
    const next = visits[i + 1];
    if (next && next.from <= visit.to) {
      reader.problem(
        `/visits/${i + 1}/window`,
        `overlaps the window of ${visit.id}`,
        'order visits, part windows',
      );
    }
  });
  if (new Set(visits.map((visit) => visit.id)).size < visits.length) {
    reader.problem('/visits', 'two visits have one id', 'give each visit its own id');
  }
  return visits;
}

function readWashout(reader: DefinitionReader, value: unknown, at: string): Washout {
  const f = reader.fields(value, at, ['of', 'analytes', 'days', 'says?']);
  return {
    of: reader.text(f.of, `${at}/of`),
    analytes: reader.list(f.analytes, `${at}/analytes`, (v, place) =>
      reader.oneOf(v, place, WASHOUT_ANALYTES),
    ),
    days: reader.whole(f.days, `${at}/days`, 1),
  };
}

function readContinuation(reader: DefinitionReader, value: unknown, at: string): Dosing['continuation'] {
  const f = reader.fields(value, at, ['visit', 'infusions', 'everyDays']);
  return {
    visit: reader.text(f.visit, `${at}/visit`),
    infusions: reader.list(f.infusions, `${at}/infusions`, (v, place) => reader.whole(v, place, 1)),
    everyDays: reader.whole(f.everyDays, `${at}/everyDays`, 1),
  };
}

function readDosing(reader: DefinitionReader, value: unknown, at: string): Dosing {
  const keys = ['product', 'days', 'toleranceDays', 'minPerKg', 'maxPerKg', 'tolerancePercent', 'weightDays'];
  const f = reader.fields(value, at, [...keys, 'continuation']);
  const days = reader.list(f.days, `${at}/days`, (day, place) => reader.whole(day, place, 0));
  if (days[0] !== 0 || days.some((day, i) => i > 0 && day <= (days[i - 1] ?? 0))) {
    reader.problem(`${at}/days`, 'planned days do not rise from 0', 'begin with 0 and put them in order');
  }
  return {
    product: reader.text(f.product, `${at}/product`),
    days,
    toleranceDays: reader.whole(f.toleranceDays, `${at}/toleranceDays`, 0),
    minPerKg: reader.decimal(f.minPerKg, `${at}/minPerKg`),
    maxPerKg: reader.decimal(f.maxPerKg, `${at}/maxPerKg`),
    tolerancePercent: reader.decimal(f.tolerancePercent, `${at}/tolerancePercent`),
    weightDays: reader.whole(f.weightDays, `${at}/weightDays`, 0),
    continuation: readContinuation(reader, f.continuation, `${at}/continuation`),
  };
}

function readCriteriaIds(reader: DefinitionReader, value: unknown, at: string): Protocol['criteria'] {
  const f = reader.fields(value, at, ['severity', 'overall', 'lineages']);
  const o = reader.fields(f.overall, `${at}/overall`, ['SAA', 'VSAA', 'NSAA', 'unknown']);
  return {
    severity: reader.text(f.severity, `${at}/severity`),
    overall: {
      SAA: reader.text(o.SAA, `${at}/overall/SAA`),
      VSAA: reader.text(o.VSAA, `${at}/overall/VSAA`),
      NSAA: reader.text(o.NSAA, `${at}/overall/NSAA`),
      unknown: reader.text(o.unknown, `${at}/overall/unknown`),
    },
    lineages: reader.text(f.lineages, `${at}/lineages`),
  };
}

function readCensoringRule(reader: DefinitionReader, value: unknown, at: string): CensoringRule {
  const f = reader.fields(value, at, ['event', 'role?', 'agents?', 'onlyIfNew?', 'says?']);
  const event = reader.oneOf(f.event, `${at}/event`, ['transplant', 'medication']);
  const named = Number(f.role !== undefined) + Number(f.agents !== undefined);
  if (named !== (event === 'medication' ? 1 : 0)) {
    reader.problem(at, 'only a medication has a role or agents, and one of the two', 'give what is missing');
  }
  if (f.onlyIfNew !== undefined && typeof f.onlyIfNew !== 'boolean') {
    reader.problem(`${at}/onlyIfNew`, 'onlyIfNew is neither true nor false', 'write true, or leave it out');
  }
  return {
    event,
    role: f.role === undefined ? null : reader.oneOf(f.role, `${at}/role`, MEDICATION_ROLES),
    agents:
      f.agents === undefined
        ? null
        : reader.list(f.agents, `${at}/agents`, (agent, place) => reader.text(agent, place)),
    onlyIfNew: f.onlyIfNew === true,
  };
}

/** Without the key nothing ends the observation but death. */
function readCensoringRules(reader: DefinitionReader, value: unknown, at: string): CensoringRules {
  if (value === undefined) return { by: [], conditioningDays: 0, laterVisits: 'NR' };
  const f = reader.fields(value, at, ['by', 'conditioningDays?', 'laterVisits', 'says?']);
  return {
    by: reader.list(f.by, `${at}/by`, (event, place) => readCensoringRule(reader, event, place)),
    conditioningDays:
      f.conditioningDays === undefined ? 0 : reader.whole(f.conditioningDays, `${at}/conditioningDays`, 0),
    laterVisits: reader.oneOf(f.laterVisits, `${at}/laterVisits`, ['NR', 'NE']),
  };
}

function readInterval(reader: DefinitionReader, value: unknown, at: string): Protocol['interval'] {
  const f = reader.fields(value, at, ['method', 'percent', 'says?']);
  return {
    method: reader.oneOf(f.method, `${at}/method`, INTERVAL_METHODS),
    percent: reader.decimal(f.percent, `${at}/percent`),
  };
}

const QUANTILE_TYPES = { '2': 2, '6': 6, '7': 7 } as const;

/** Without the key: quartiles as SAS, survival limits log-log. */
function readStatistics(reader: DefinitionReader, value: unknown, at: string): Protocol['statistics'] {
  if (value === undefined) return { quartileType: 2, survivalLimits: 'log-log' };
  const f = reader.fields(value, at, ['quartileType', 'survivalLimits', 'says?']);
  const type = reader.oneOf(f.quartileType, `${at}/quartileType`, ['2', '6', '7']);
  return {
    quartileType: QUANTILE_TYPES[type],
    survivalLimits: reader.oneOf(f.survivalLimits, `${at}/survivalLimits`, ['plain', 'log', 'log-log']),
  };
}

function checkVisitReferences(reader: DefinitionReader, protocol: Protocol): void {
  const known = protocol.visits.map((visit) => visit.id);
  const named = [
    ['/bestResponseBy', protocol.bestResponseBy],
    ['/dosing/continuation/visit', protocol.dosing.continuation.visit],
  ] as const;
  for (const [at, visit] of named) {
    if (!known.includes(visit))
      reader.problem(at, 'is not a visit of this protocol', `use one of ${known.join(', ')}`);
  }
}

/** Checks a protocol file by hand (the trial imports nothing). Gives every problem with its JSON pointer. */
export function parseProtocol(json: unknown, file: string): ParseResult<Protocol> {
  const reader = createDefinitionReader(file);
  const head = [
    '$schema?',
    'id',
    'version',
    'title',
    'sources',
    'notes?',
    'sealedDays',
    'visits',
    'baselineDays',
    'washouts',
  ];
  const tail = [
    'independenceDays',
    'dosing',
    'criteria',
    'bestResponseBy',
    'interval',
    'predictors',
    'statistics?',
    'censoring?',
    'cytopenias?',
  ];
  const f = reader.fields(json, '', [...head, ...tail]);
  const independence = reader.fields(f.independenceDays, '/independenceDays', [
    'red-cells',
    'platelets',
    'says?',
  ]);
  const predictors = reader.fields(f.predictors, '/predictors', ['previousAgent']);
  const protocol: Protocol = {
    id: reader.text(f.id, '/id'),
    version: reader.text(f.version, '/version'),
    title: reader.text(f.title, '/title'),
    sources: readCitations(reader, f.sources, '/sources'),
    notes: f.notes === undefined ? [] : reader.list(f.notes, '/notes', (v, at) => reader.text(v, at)),
    sealedDays: reader.whole(f.sealedDays, '/sealedDays', 0),
    visits: readVisits(reader, f.visits),
    baselineDays: reader.whole(f.baselineDays, '/baselineDays', 1),
    washouts: reader.list(f.washouts, '/washouts', (v, at) => readWashout(reader, v, at)),
    independenceDays: {
      'red-cells': reader.whole(independence['red-cells'], '/independenceDays/red-cells', 1),
      platelets: reader.whole(independence.platelets, '/independenceDays/platelets', 1),
    },
    dosing: readDosing(reader, f.dosing, '/dosing'),
    censoring: readCensoringRules(reader, f.censoring, '/censoring'),
    criteria: readCriteriaIds(reader, f.criteria, '/criteria'),
    bestResponseBy: reader.text(f.bestResponseBy, '/bestResponseBy'),
    interval: readInterval(reader, f.interval, '/interval'),
    statistics: readStatistics(reader, f.statistics, '/statistics'),
    cytopenias: f.cytopenias === undefined ? null : readCytopenias(reader, f.cytopenias, '/cytopenias'),
    predictors: { previousAgent: reader.text(predictors.previousAgent, '/predictors/previousAgent') },
  };
  checkVisitReferences(reader, protocol);
  return reader.finish(protocol);
}

/** Criteria sets that the protocol names and the library does not hold, and definitions that severity needs. */
export function checkProtocolCriteria(
  protocol: Protocol,
  sets: ReadonlyMap<string, CriteriaSet>,
): readonly DefinitionProblem[] {
  const { severity, overall, lineages } = protocol.criteria;
  const problems: DefinitionProblem[] = [];
  for (const id of new Set([severity, lineages, ...Object.values(overall)])) {
    if (sets.has(id)) continue;
    problems.push({
      at: `${protocol.id}#/criteria`,
      message: `there is no criteria set ${id}`,
      fix: 'add or correct it',
    });
  }
  for (const name of ['severe', 'very-severe']) {
    if (!sets.has(severity) || sets.get(severity)?.definitions.has(name)) continue;
    problems.push({ at: severity, message: `${name} is not defined`, fix: `add definitions/${name}` });
  }
  return problems;
}
