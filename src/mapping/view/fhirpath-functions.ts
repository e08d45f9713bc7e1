/** A FHIRPath function that a view may use. */
interface FhirPathFunction {
  readonly argumentCounts: readonly number[];
  /** Whether it belongs to the Shareable subset. */
  readonly shareable: boolean;
}

/** Names and argument counts. Source: SQL on FHIR, ViewDefinition, required FHIRPath expressions and functions. */
const SHAREABLE_FUNCTIONS =
  'where/1 exists/0/1 empty/0 extension/1 ofType/1 first/0 not/0 getResourceKey/0 getReferenceKey/0/1';

/**
 * Functions that this runner supports but others may not. Only those with the same result for the same resource: none
 * that reads the clock (now, today) or the network (resolve, memberOf), or that writes (trace).
 */
const ADDITIONAL_FUNCTIONS =
  'all/1 allTrue/0 anyTrue/0 allFalse/0 anyFalse/0 subsetOf/1 supersetOf/1 isDistinct/0 distinct/0 count/0 select/1 ' +
  'repeat/1 single/0 last/0 tail/0 take/1 skip/1 combine/1 union/1 intersect/1 exclude/1 iif/2/3 is/1 as/1 ' +
  'sum/0 min/0 max/0 avg/0 toInteger/0 toLong/0 toDecimal/0 toString/0 toDate/0 toDateTime/0 toTime/0 toBoolean/0 ' +
  'toQuantity/0/1 convertsToBoolean/0 convertsToInteger/0 convertsToDecimal/0 convertsToString/0 convertsToDate/0 ' +
  'convertsToDateTime/0 convertsToTime/0 convertsToQuantity/0 hasValue/0 getValue/0 indexOf/1 substring/1/2 ' +
  'startsWith/1 endsWith/1 contains/1 upper/0 lower/0 replace/2 matches/1 matchesFull/1 replaceMatches/2 length/0 ' +
  'toChars/0 join/0/1 split/1 trim/0 abs/0 ceiling/0 floor/0 round/0/1 truncate/0 sqrt/0 exp/0 ln/0 log/1 power/1 ' +
  'lowBoundary/0/1 highBoundary/0/1 children/0 descendants/0';

function parseFunctionList(list: string, shareable: boolean): [string, FhirPathFunction][] {
  return list.split(' ').map((entry) => {
    const [name = '', ...counts] = entry.split('/');
    return [name, { argumentCounts: counts.map(Number), shareable }];
  });
}

const SUPPORTED_FUNCTIONS = new Map([
  ...parseFunctionList(SHAREABLE_FUNCTIONS, true),
  ...parseFunctionList(ADDITIONAL_FUNCTIONS, false),
]);

/** Returns a function by its name; undefined if a view may not use it. */
export function findFunction(name: string): FhirPathFunction | undefined {
  return SUPPORTED_FUNCTIONS.get(name);
}

/** Operators of the Shareable subset. */
export const SHAREABLE_OPERATORS: ReadonlySet<string> = new Set('and or + - * / = != > < >= <='.split(' '));

/** Environment variables that every expression may use in addition to the constants of the view. */
export const FHIRPATH_VARIABLES: ReadonlySet<string> = new Set([
  'context',
  'resource',
  'rootResource',
  'ucum',
  'rowIndex',
]);
