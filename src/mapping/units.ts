import type { Decimal } from 'decimal.js';
import {
  type ConceptMap,
  invalidPart,
  type Limits,
  type MapElement,
  type MapGroup,
  type NarrowerMaps,
} from './concept-map.ts';
import { Exact, factorBetween, propertyOf } from './ucum.ts';

/** Everything that is measured, and the one unit (UCUM) in which the trial keeps it. */
const UNIT_OF = {
  wbc: '10*9/L',
  anc: '10*9/L',
  platelets: '10*9/L',
  reticulocytes: '10*9/L',
  hemoglobin: 'g/L',
  'leukocyte-share': '%',
  'body-weight': 'kg',
  'cell-dose-per-kg': '10*6.{cells}/kg',
  'cell-dose-total': '10*6.{cells}',
  'transfused-units': '{unit}',
} as const;

export type QuantityKind = keyof typeof UNIT_OF;

/** The trial's unit for a kind of quantity, as a UCUM code. */
export const unitOf = (kind: QuantityKind): string => UNIT_OF[kind];

/** What a unit, as it was written, means for one kind of quantity. */
export interface KnownUnit {
  readonly ucum: string;
  /** How many of the trial's unit one of it is; null where its kind is another (`%` for a count). */
  readonly factor: Decimal | null;
  /** LOINC property that it measures, such as `NCnc`; null where the trial has no use for it. */
  readonly property: string | null;
}

interface Range {
  readonly low: Decimal;
  readonly high: Decimal;
}

function rangeOf(limits: Limits | null): Range | null {
  return limits ? { low: new Exact(limits.low), high: new Exact(limits.high) } : null;
}

const within = (range: Range | null | undefined, value: Decimal): boolean =>
  !range || (value.gte(range.low) && value.lte(range.high));

interface Table {
  readonly rows: ReadonlyMap<string, KnownUnit>;
  readonly spellingsOnly: boolean;
  readonly plausible: Range | null;
  readonly expected: Range | null;
}

export interface Units {
  /**
   * The meaning of a unit's text for a kind of quantity: the site's own spelling, else the general table, else UCUM.
   * null where none of them knows it. The table goes first: `K/uL` is valid UCUM and means kelvin per microlitre.
   */
  read(site: string, kind: QuantityKind, text: string): KnownUnit | null;
  /** Whether the value (in the trial's unit) is within the hard limits of the kind. */
  plausible(kind: QuantityKind, value: Decimal): boolean;
  /** Whether the value is usual in the trial's patients; true where the kind has no such limits. */
  expected(kind: QuantityKind, value: Decimal): boolean;
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A unit's spelling in the form that the tables use: compatibility characters in their plain form, micro and mu as `u`,
 * `×` as `x`, no blanks. A superscript exponent becomes `*n` first: plain NFKC would turn `10⁹/L` into 109 per litre.
 */
export function normaliseUnit(text: string): string {
  const powers = text.replace(new RegExp(`10([${SUPERSCRIPTS}]+)`, 'g'), (_, exponent: string) => {
    return `10*${[...exponent].map((c) => SUPERSCRIPTS.indexOf(c)).join('')}`;
  });
  return powers
    .normalize('NFKC')
    .replace(/[µμ]/g, 'u')
    .replace(/[×✕✖]/g, 'x')
    .replace(/[∗＊]/g, '*')
    .replace(/[⁄∕]/g, '/')
    .replace(/[\s\u200b\u00ad]+/g, '');
}

function rowOf(group: MapGroup, element: MapElement, kind: QuantityKind): KnownUnit {
  const [target, ...more] = element.targets;
  const place = `unit ${element.code}`;
  if (!target || target.code === null || more.length > 0 || target.dependsOn.length > 0)
    throw invalidPart(group.file, place, 'Give one target with a UCUM code, without dependsOn.');
  const said = target.product.find((p) => p.name === 'factor')?.value;
  if (said !== undefined && !/^\d{1,12}(\.\d{1,12})?$/.test(said))
    throw invalidPart(group.file, place, 'Write the factor as a decimal, such as 16.1145.');
  const known = factorBetween(target.code, unitOf(kind));
  if (!known)
    throw invalidPart(group.file, place, `Map it to a UCUM code that can be converted to ${unitOf(kind)}.`);
  const property = target.product.find((p) => p.name === 'loinc-property')?.value ?? propertyOf(target.code);
  return { ucum: target.code, factor: said === undefined ? known : known.times(said), property };
}

function kindOf(map: ConceptMap): QuantityKind {
  const { quantity } = map;
  if (quantity !== null && Object.hasOwn(UNIT_OF, quantity)) return quantity as QuantityKind;
  throw invalidPart(
    map.file,
    'meta.tag',
    `Tag the map with its quantity: one of ${Object.keys(UNIT_OF).join(', ')}.`,
  );
}

function tableOf(map: ConceptMap, kind: QuantityKind): Table {
  const rows = new Map<string, KnownUnit>();
  for (const group of map.groups) {
    for (const element of group.elements) {
      const spelling = normaliseUnit(element.code);
      const row = rowOf(group, element, kind);
      const before = rows.get(spelling);
      if (before && before.ucum !== row.ucum)
        throw invalidPart(
          map.file,
          `unit ${element.code}`,
          'The spelling is listed twice with different targets.',
        );
      rows.set(spelling, row);
    }
  }
  return {
    rows,
    spellingsOnly: map.spellingsOnly,
    plausible: rangeOf(map.plausible),
    expected: rangeOf(map.expected),
  };
}

function tablesOf(maps: readonly ConceptMap[]): Map<QuantityKind, Table> {
  const tables = new Map<QuantityKind, Table>();
  for (const map of maps) {
    const kind = kindOf(map);
    if (tables.has(kind))
      throw invalidPart(map.file, 'meta.tag', `There is another map for ${kind}: make it one.`);
    tables.set(kind, tableOf(map, kind));
  }
  return tables;
}

type Spellings = ReadonlyMap<QuantityKind, ReadonlyMap<string, KnownUnit>>;

/** The spellings of a study's or a site's maps. Several folders may give one site's, as long as they agree. */
function spellingsOf(maps: readonly ConceptMap[]): Spellings {
  const all = new Map<QuantityKind, Map<string, KnownUnit>>();
  for (const map of maps) {
    const kind = kindOf(map);
    if (map.plausible || map.spellingsOnly)
      throw invalidPart(map.file, 'extension', 'Say limits and spellings-only in the general unit map.');
    const rows = all.get(kind) ?? new Map<string, KnownUnit>();
    for (const [spelling, row] of tableOf(map, kind).rows) {
      const before = rows.get(spelling);
      if (before && (before.ucum !== row.ucum || String(before.factor) !== String(row.factor)))
        throw invalidPart(map.file, `unit ${spelling}`, 'Another map of the site says otherwise: keep one.');
      rows.set(spelling, row);
    }
    all.set(kind, rows);
  }
  return all;
}

const spellingsBySite = (sites: NarrowerMaps['decided']): ReadonlyMap<string, Spellings> =>
  new Map([...(sites ?? [])].map(([site, maps]) => [site, spellingsOf(maps)]));

/** What a UCUM code that no table lists means for the kind; null where it is not UCUM or measures nothing we know. */
function fromUcum(code: string, kind: QuantityKind): KnownUnit | null {
  const property = propertyOf(code);
  return property === null ? null : { ucum: code, factor: factorBetween(code, unitOf(kind)), property };
}

/**
 * The unit maps as one: decided, then the site's own, then the study's, then the general ones. Throws a `library/invalid` Failure where a kind of quantity has no general
 * map or no hard limits, or a row cannot be converted to the trial's unit.
 */
export function compileUnits(
  general: readonly ConceptMap[],
  sites: ReadonlyMap<string, readonly ConceptMap[]>,
  { study = [], decided = new Map() }: NarrowerMaps = {},
): Units {
  const tables = tablesOf(general);
  for (const kind of Object.keys(UNIT_OF)) {
    if (!tables.get(kind as QuantityKind)?.plausible)
      throw invalidPart(
        'mappings/units',
        kind,
        'Add a unit map with this quantity tag and a plausible-range.',
      );
  }
  const [decisions, own] = [spellingsBySite(decided), spellingsBySite(sites)];
  const studyOwn = spellingsOf(study);
  return {
    read(site, kind, text) {
      const spelling = normaliseUnit(text);
      const table = tables.get(kind);
      const narrower = [decisions.get(site), own.get(site), studyOwn]
        .map((layer) => layer?.get(kind)?.get(spelling))
        .find((row) => row !== undefined);
      const row = narrower ?? table?.rows.get(spelling);
      return row ?? (table?.spellingsOnly ? null : fromUcum(spelling, kind));
    },
    plausible: (kind, value) => within(tables.get(kind)?.plausible, value),
    expected: (kind, value) => within(tables.get(kind)?.expected, value),
  };
}
