import { readdirSync, readFileSync } from 'node:fs';
import type { Analyte, Lineage, MeasurementMethod } from '../../src/trial/facts.ts';
import type { RawOperator } from './range.ts';

/** The files as they are, without the parsers of the product. */

export type RawProduct = 'red-cells' | 'platelets';

/** One criterion of a file under mappings/criteria; which fields are there says which criterion it is. */
export interface RawCriterion {
  readonly all?: readonly RawCriterion[];
  readonly any?: readonly RawCriterion[];
  readonly atLeast?: number;
  readonly of?: readonly RawCriterion[];
  readonly not?: RawCriterion;
  readonly atBaseline?: RawCriterion;
  readonly ref?: string;
  readonly count?: Analyte;
  readonly change?: Analyte;
  readonly op?: RawOperator;
  readonly value?: string;
  readonly valueByMethod?: Readonly<Partial<Record<MeasurementMethod, string>>>;
  readonly by?: string;
  readonly byFactor?: string;
  readonly normalHemoglobin?: readonly { sex: 'male' | 'female'; fromAge: number; value: string }[];
  readonly transfusionIndependent?: readonly RawProduct[];
  readonly transfusionDependent?: readonly RawProduct[];
  readonly afterStart?: boolean;
  readonly fewerUnits?: RawProduct;
  readonly units?: string;
  readonly days?: number;
}

export interface RawClass {
  readonly scope: 'overall' | Lineage;
  readonly class: 'CR' | 'PR';
  readonly confirmationDays?: number;
  readonly when: RawCriterion;
}

export interface RawCriteriaSet {
  readonly id: string;
  readonly status: 'defined' | 'undefined';
  readonly confirmationDays?: number;
  readonly definitions?: Readonly<Record<string, RawCriterion>>;
  readonly classes?: readonly RawClass[];
}

export interface RawVisit {
  readonly id: string;
  readonly target: number;
  readonly window: readonly [number, number];
}

interface RawCensoringRule {
  readonly event: 'transplant' | 'medication';
  readonly role?: string;
  readonly agents?: readonly string[];
  readonly onlyIfNew?: boolean;
}

export interface RawProtocol {
  readonly visits: readonly RawVisit[];
  readonly baselineDays: number;
  readonly washouts: readonly { of: string; analytes: readonly Analyte[]; days: number }[];
  readonly independenceDays: Readonly<Record<RawProduct, number>>;
  readonly dependence: Readonly<Record<RawProduct, { units: string; days: number }>>;
  readonly dosing: { readonly product: string };
  readonly censoring: { readonly by: readonly RawCensoringRule[]; readonly laterVisits: 'NR' | 'NE' };
  readonly criteria: {
    readonly severity: string;
    readonly overall: Readonly<Partial<Record<string, string>>>;
    readonly lineages: string;
  };
  readonly bestResponseBy: string;
}

/** The protocol and every criteria set. */
export interface RawRules {
  readonly protocol: RawProtocol;
  readonly sets: ReadonlyMap<string, RawCriteriaSet>;
}

const MAPPINGS = new URL('../../mappings/', import.meta.url);

const readMappingFile = (path: string): unknown => JSON.parse(readFileSync(new URL(path, MAPPINGS), 'utf8'));

/** Reads the files of the repository. */
export function readRawRules(): RawRules {
  const sets = readdirSync(new URL('criteria/', MAPPINGS))
    .filter((file) => file.endsWith('.json'))
    .map((file) => readMappingFile(`criteria/${file}`) as RawCriteriaSet);
  return {
    protocol: readMappingFile('studies/msc-aa/protocol.json') as RawProtocol,
    sets: new Map(sets.map((set) => [set.id, set])),
  };
}

/** Returns the rules with one set for the overall response at every severity, and one for the lineages. */
export function replaceRawSets({ protocol, sets }: RawRules, overall?: string, lineages?: string): RawRules {
  const { criteria } = protocol;
  const forAll = { SAA: overall, VSAA: overall, NSAA: overall, unknown: overall };
  const replaced = {
    ...criteria,
    overall: overall === undefined ? criteria.overall : forAll,
    lineages: lineages ?? criteria.lineages,
  };
  return { protocol: { ...protocol, criteria: replaced }, sets };
}

/** Returns the set of that name. */
export function findRawSet({ sets }: RawRules, id: string): RawCriteriaSet {
  const set = sets.get(id);
  if (set === undefined) throw new Error(`no criteria set ${id}`);
  return set;
}
