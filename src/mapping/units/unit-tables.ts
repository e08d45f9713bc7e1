import type { Decimal } from 'decimal.js';
import type { ConceptMap, MapElement, MapGroup, OverridingMaps, ValueLimits } from '../codes/concept-map.ts';
import { normaliseUnit } from '../codes/normalise-unit.ts';
import { MappingFailure } from '../mapping-failure.ts';
import { getTrialUnit, type QuantityKind, TRIAL_UNITS } from './trial-units.ts';
import { ExactDecimal, findConversionFactor, findLoincProperty } from './ucum.ts';

/** What a unit, as it was written, means for one kind of quantity. */
export interface KnownUnit {
  readonly ucum: string;
  /** How many of the trial's unit one of it is; null where its kind is another (`%` for a count). */
  readonly factor: Decimal | null;
  /** LOINC property that it measures, such as `NCnc`; null where the trial has no use for it. */
  readonly property: string | null;
}

interface DecimalRange {
  readonly low: Decimal;
  readonly high: Decimal;
}

function toDecimalRange(limits: ValueLimits | null): DecimalRange | null {
  return limits ? { low: new ExactDecimal(limits.low), high: new ExactDecimal(limits.high) } : null;
}

const isWithin = (range: DecimalRange | null | undefined, value: Decimal): boolean =>
  !range || (value.gte(range.low) && value.lte(range.high));

interface UnitTable {
  readonly rows: ReadonlyMap<string, KnownUnit>;
  readonly spellingsOnly: boolean;
  readonly plausibleRange: DecimalRange | null;
  readonly expectedRange: DecimalRange | null;
}

export interface UnitTables {
  /**
   * The meaning of a unit's text for a kind of quantity: the site's own spelling, else the general table, else UCUM.
   * null where none of them knows it. The table goes first: `K/uL` is valid UCUM and means kelvin per microlitre.
   */
  readUnit(site: string, kind: QuantityKind, text: string): KnownUnit | null;
  /** Whether the value (in the trial's unit) is within the hard limits of the kind. */
  isPlausible(kind: QuantityKind, value: Decimal): boolean;
  /** Whether the value is usual in the trial's patients; true where the kind has no such limits. */
  isExpected(kind: QuantityKind, value: Decimal): boolean;
}

function readUnitRow(group: MapGroup, element: MapElement, kind: QuantityKind): KnownUnit {
  const [target, ...more] = element.targets;
  const place = `unit ${element.code}`;
  if (!target || target.code === null || more.length > 0 || target.dependsOn.length > 0)
    throw new MappingFailure(group.file, place, 'Give one target with a UCUM code, without dependsOn.');
  const said = target.product.find((p) => p.name === 'factor')?.value;
  if (said !== undefined && !/^\d{1,12}(\.\d{1,12})?$/.test(said))
    throw new MappingFailure(group.file, place, 'Write the factor as a decimal, such as 16.1145.');
  const known = findConversionFactor(target.code, getTrialUnit(kind));
  if (!known)
    throw new MappingFailure(
      group.file,
      place,
      `Map it to a UCUM code that can be converted to ${getTrialUnit(kind)}.`,
    );
  const property =
    target.product.find((p) => p.name === 'loinc-property')?.value ?? findLoincProperty(target.code);
  return { ucum: target.code, factor: said === undefined ? known : known.times(said), property };
}

function readQuantityKind(map: ConceptMap): QuantityKind {
  const { quantity } = map;
  if (quantity !== null && Object.hasOwn(TRIAL_UNITS, quantity)) return quantity as QuantityKind;
  throw new MappingFailure(
    map.file,
    'meta.tag',
    `Tag the map with its quantity: one of ${Object.keys(TRIAL_UNITS).join(', ')}.`,
  );
}

function compileTable(map: ConceptMap, kind: QuantityKind): UnitTable {
  const rows = new Map<string, KnownUnit>();
  for (const group of map.groups) {
    for (const element of group.elements) {
      const spelling = normaliseUnit(element.code);
      const row = readUnitRow(group, element, kind);
      const before = rows.get(spelling);
      if (before && before.ucum !== row.ucum)
        throw new MappingFailure(
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
    plausibleRange: toDecimalRange(map.plausibleRange),
    expectedRange: toDecimalRange(map.expectedRange),
  };
}

function compileTables(maps: readonly ConceptMap[]): Map<QuantityKind, UnitTable> {
  const tables = new Map<QuantityKind, UnitTable>();
  for (const map of maps) {
    const kind = readQuantityKind(map);
    if (tables.has(kind))
      throw new MappingFailure(map.file, 'meta.tag', `There is another map for ${kind}: make it one.`);
    tables.set(kind, compileTable(map, kind));
  }
  return tables;
}

type SpellingsByKind = ReadonlyMap<QuantityKind, ReadonlyMap<string, KnownUnit>>;

/** The spellings of a study's or a site's maps. Several folders may give one site's, as long as they agree. */
function compileSpellings(maps: readonly ConceptMap[]): SpellingsByKind {
  const all = new Map<QuantityKind, Map<string, KnownUnit>>();
  for (const map of maps) {
    const kind = readQuantityKind(map);
    if (map.plausibleRange || map.spellingsOnly)
      throw new MappingFailure(
        map.file,
        'extension',
        'Say limits and spellings-only in the general unit map.',
      );
    const rows = all.get(kind) ?? new Map<string, KnownUnit>();
    for (const [spelling, row] of compileTable(map, kind).rows) {
      const before = rows.get(spelling);
      if (before && (before.ucum !== row.ucum || String(before.factor) !== String(row.factor)))
        throw new MappingFailure(
          map.file,
          `unit ${spelling}`,
          'Another map of the site says otherwise: keep one.',
        );
      rows.set(spelling, row);
    }
    all.set(kind, rows);
  }
  return all;
}

const compileSpellingsBySite = (sites: OverridingMaps['decided']): ReadonlyMap<string, SpellingsByKind> =>
  new Map([...(sites ?? [])].map(([site, maps]) => [site, compileSpellings(maps)]));

/** What a UCUM code that no table lists means for the kind; null where it is not UCUM or measures nothing we know. */
function readUcumUnit(code: string, kind: QuantityKind): KnownUnit | null {
  const property = findLoincProperty(code);
  return property === null
    ? null
    : { ucum: code, factor: findConversionFactor(code, getTrialUnit(kind)), property };
}

/**
 * The unit maps as one: decided, then the site's own, then the study's, then the general ones. Throws a `library/invalid` Failure where a kind of quantity has no general
 * map or no hard limits, or a row cannot be converted to the trial's unit.
 */
export function compileUnitTables(
  general: readonly ConceptMap[],
  sites: ReadonlyMap<string, readonly ConceptMap[]>,
  { study = [], decided = new Map() }: OverridingMaps = {},
): UnitTables {
  const tables = compileTables(general);
  for (const kind of Object.keys(TRIAL_UNITS)) {
    if (!tables.get(kind as QuantityKind)?.plausibleRange)
      throw new MappingFailure(
        'mappings/units',
        kind,
        'Add a unit map with this quantity tag and a plausible-range.',
      );
  }
  const [decisions, own] = [compileSpellingsBySite(decided), compileSpellingsBySite(sites)];
  const studyOwn = compileSpellings(study);
  return {
    readUnit(site, kind, text) {
      const spelling = normaliseUnit(text);
      const table = tables.get(kind);
      const narrower = [decisions.get(site), own.get(site), studyOwn]
        .map((layer) => layer?.get(kind)?.get(spelling))
        .find((row) => row !== undefined);
      const row = narrower ?? table?.rows.get(spelling);
      return row ?? (table?.spellingsOnly ? null : readUcumUnit(spelling, kind));
    },
    isPlausible: (kind, value) => isWithin(tables.get(kind)?.plausibleRange, value),
    isExpected: (kind, value) => isWithin(tables.get(kind)?.expectedRange, value),
  };
}
