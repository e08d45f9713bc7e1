import type { Decimal } from 'decimal.js';
import type { ConceptMap, MapElement, OverridingMaps, ValueLimits } from '../codes/concept-map.ts';
import { normaliseUnit } from '../codes/normalise-unit.ts';
import { MappingFailure } from '../mapping-failure.ts';
import { getTrialUnit, QUANTITY_KINDS, type QuantityKind } from './trial-units.ts';
import { ExactDecimal, findConversionFactor, findLoincProperty } from './ucum.ts';

/** The meaning of a unit spelling for one kind of quantity. */
export interface KnownUnit {
  readonly ucum: string;
  /** Multiplies a value in this unit to convert it to the trial unit; null if it measures another kind (`%`, a count). */
  readonly factor: Decimal | null;
  /** The LOINC property that it measures, such as `NCnc`; null if the trial does not use the property. */
  readonly property: string | null;
}

/** A closed range in the trial unit. */
interface DecimalRange {
  readonly low: Decimal;
  readonly high: Decimal;
}

function toDecimalRange(limits: ValueLimits | null): DecimalRange | null {
  return limits ? { low: new ExactDecimal(limits.low), high: new ExactDecimal(limits.high) } : null;
}

const isWithin = (range: DecimalRange | null | undefined, value: Decimal): boolean =>
  !range || (value.gte(range.low) && value.lte(range.high));

/** The unit map of one kind of quantity. */
interface UnitTable {
  /** Units by normalised spelling. */
  readonly unitBySpelling: ReadonlyMap<string, KnownUnit>;
  readonly spellingsOnly: boolean;
  readonly plausibleRange: DecimalRange | null;
  readonly expectedRange: DecimalRange | null;
}

/** The unit maps, ready to read units and to check values. */
export interface UnitTables {
  /**
   * Returns the meaning of a unit's text for a kind of quantity: by the maps of the site and the study, else by the
   * general map, else as UCUM; null if none of them defines it. The maps take precedence, because `K/uL` is also valid
   * UCUM and means kelvin per microlitre.
   */
  readUnit(site: string, kind: QuantityKind, text: string): KnownUnit | null;
  /** Whether the value, in the trial unit, is within the hard limits of the kind. */
  isPlausible(kind: QuantityKind, value: Decimal): boolean;
  /** Whether the value, in the trial unit, is usual in the trial's subjects; true if the kind has no expected range. */
  isExpected(kind: QuantityKind, value: Decimal): boolean;
}

function readUnit(file: string, element: MapElement, kind: QuantityKind): KnownUnit {
  const [target, ...others] = element.targets;
  const place = `unit ${element.code}`;
  if (!target || target.code === null || others.length > 0 || target.dependsOn.length > 0)
    throw new MappingFailure(
      file,
      place,
      'Map the unit to one target with a UCUM code and without dependsOn.',
    );
  const statedFactor = target.product.find(({ name }) => name === 'factor')?.value;
  if (statedFactor !== undefined && !/^\d{1,12}(\.\d{1,12})?$/.test(statedFactor))
    throw new MappingFailure(file, place, 'Write the factor as a decimal, such as 16.1145.');
  const trialUnit = getTrialUnit(kind);
  const factor = findConversionFactor(target.code, trialUnit);
  if (!factor)
    throw new MappingFailure(
      file,
      place,
      `Map the unit to a UCUM code that can be converted to ${trialUnit}.`,
    );
  const property =
    target.product.find(({ name }) => name === 'loinc-property')?.value ?? findLoincProperty(target.code);
  return {
    ucum: target.code,
    factor: statedFactor === undefined ? factor : factor.times(statedFactor),
    property,
  };
}

function readQuantityKind({ file, quantity }: ConceptMap): QuantityKind {
  const kind = QUANTITY_KINDS.find((name) => name === quantity);
  if (kind !== undefined) return kind;
  const fix = `Tag the map with its quantity: one of ${QUANTITY_KINDS.join(', ')}.`;
  throw new MappingFailure(file, 'meta.tag', fix);
}

function readSpellings({ file, groups }: ConceptMap, kind: QuantityKind): Map<string, KnownUnit> {
  const unitBySpelling = new Map<string, KnownUnit>();
  for (const element of groups.flatMap((group) => group.elements)) {
    const spelling = normaliseUnit(element.code);
    const unit = readUnit(file, element, kind);
    const earlier = unitBySpelling.get(spelling);
    if (earlier && earlier.ucum !== unit.ucum) {
      const fix = 'Keep one entry: the spelling is listed twice with different targets.';
      throw new MappingFailure(file, `unit ${element.code}`, fix);
    }
    unitBySpelling.set(spelling, unit);
  }
  return unitBySpelling;
}

function compileTables(maps: readonly ConceptMap[]): Map<QuantityKind, UnitTable> {
  const tables = new Map<QuantityKind, UnitTable>();
  for (const map of maps) {
    const kind = readQuantityKind(map);
    if (tables.has(kind))
      throw new MappingFailure(map.file, 'meta.tag', `Merge this map with the other unit map of ${kind}.`);
    tables.set(kind, {
      unitBySpelling: readSpellings(map, kind),
      spellingsOnly: map.spellingsOnly,
      plausibleRange: toDecimalRange(map.plausibleRange),
      expectedRange: toDecimalRange(map.expectedRange),
    });
  }
  return tables;
}

type SpellingsByKind = ReadonlyMap<QuantityKind, ReadonlyMap<string, KnownUnit>>;

const isSameConversion = (a: KnownUnit, b: KnownUnit): boolean =>
  a.ucum === b.ucum && String(a.factor) === String(b.factor);

/** Collects the spellings of a study's or a site's maps. A site may have several folders, provided that they agree. */
function compileSpellings(maps: readonly ConceptMap[]): SpellingsByKind {
  const spellingsByKind = new Map<QuantityKind, Map<string, KnownUnit>>();
  for (const map of maps) {
    const kind = readQuantityKind(map);
    if (map.plausibleRange || map.spellingsOnly)
      throw new MappingFailure(
        map.file,
        'extension',
        'Set limits and spellings-only in the general unit map.',
      );
    const unitBySpelling = spellingsByKind.get(kind) ?? new Map<string, KnownUnit>();
    for (const [spelling, unit] of readSpellings(map, kind)) {
      const earlier = unitBySpelling.get(spelling);
      if (earlier && !isSameConversion(earlier, unit)) {
        const fix = 'Keep one entry: another map of the site defines the spelling differently.';
        throw new MappingFailure(map.file, `unit ${spelling}`, fix);
      }
      unitBySpelling.set(spelling, unit);
    }
    spellingsByKind.set(kind, unitBySpelling);
  }
  return spellingsByKind;
}

const compileSpellingsBySite = (
  mapsBySite: ReadonlyMap<string, readonly ConceptMap[]>,
): ReadonlyMap<string, SpellingsByKind> =>
  new Map([...mapsBySite].map(([site, maps]) => [site, compileSpellings(maps)]));

/** Returns the meaning of a UCUM code that no map lists; null if it is not UCUM or measures no property in use. */
function readUcumUnit(code: string, kind: QuantityKind): KnownUnit | null {
  const property = findLoincProperty(code);
  return property === null
    ? null
    : { ucum: code, factor: findConversionFactor(code, getTrialUnit(kind)), property };
}

/**
 * Compiles the unit maps. Layers in order of precedence: decisions, the site's own maps, the study's maps, the general
 * maps. Throws a MappingFailure if a kind of quantity has no general map or no hard limits, or if a unit cannot be
 * converted to the trial unit.
 */
export function compileUnitTables(
  general: readonly ConceptMap[],
  sites: ReadonlyMap<string, readonly ConceptMap[]>,
  { study = [], decided = new Map() }: OverridingMaps = {},
): UnitTables {
  const tables = compileTables(general);
  for (const kind of QUANTITY_KINDS) {
    if (tables.get(kind)?.plausibleRange) continue;
    const fix = 'Add a unit map with this quantity tag and a plausible-range.';
    throw new MappingFailure('mappings/units', kind, fix);
  }
  const decisionSpellings = compileSpellingsBySite(decided);
  const siteSpellings = compileSpellingsBySite(sites);
  const studySpellings = compileSpellings(study);
  return {
    readUnit(site, kind, text) {
      const spelling = normaliseUnit(text);
      const table = tables.get(kind);
      const overriding = [decisionSpellings.get(site), siteSpellings.get(site), studySpellings]
        .map((layer) => layer?.get(kind)?.get(spelling))
        .find((unit) => unit !== undefined);
      const listed = overriding ?? table?.unitBySpelling.get(spelling);
      return listed ?? (table?.spellingsOnly ? null : readUcumUnit(spelling, kind));
    },
    isPlausible: (kind, value) => isWithin(tables.get(kind)?.plausibleRange, value),
    isExpected: (kind, value) => isWithin(tables.get(kind)?.expectedRange, value),
  };
}
