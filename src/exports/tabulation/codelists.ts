import { join } from 'node:path';
import { z } from 'zod';
import type { Analyte } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import {
  createSpecificationError,
  optionalCell,
  ordinalCell,
  readSpecification,
  requiredCell,
  type SpecificationRow,
  yesNoCell,
} from './specification-file.ts';
import { SUPPLEMENTAL_QUALIFIERS } from './supplemental-qualifiers.ts';

/** A value of a codelist. */
export interface CodelistTerm {
  readonly value: string;
  readonly meaning: string;
  /** Its NCI code; null where it is not known: a code is never guessed. */
  readonly nciCode: string | null;
  /** A sponsor's value in a codelist of CDISC that may be extended. */
  readonly isExtended: boolean;
}

/** The values that a variable may have. */
export interface Codelist {
  readonly id: string;
  readonly name: string;
  /** NCI code of the list; null where it is the sponsor's, or the code is not known. */
  readonly nciCode: string | null;
  /** A sponsor's list: CDISC has no such list, or lists only some of its values. */
  readonly isNonStandard: boolean;
  /** Null where the values are those in the data, in the protocol or in an external dictionary. */
  readonly terms: readonly CodelistTerm[] | null;
  /** The list of short names to which this list has the names, such as LBTESTCD for LBTEST; null for other lists. */
  readonly pairedWith: string | null;
  /** The external dictionary of the values; null where there is none. */
  readonly dictionary: { readonly name: string; readonly version: string } | null;
}

const SPECIFICATIONS = join(import.meta.dirname, 'specifications');

const codelistRow = z.strictObject({
  Codelist: requiredCell,
  Name: requiredCell,
  'NCI Codelist Code': optionalCell,
  Nonstandard: yesNoCell,
  /**
   * `Listed`: codelist-terms.csv; `Pair`: the paired codelist's names, with their short names as meanings;
   * `Qualifiers`: supplemental-qualifiers.csv; `Data`: the values that occur; `Protocol`: the elements of the protocol;
   * `Dictionary`: an external dictionary.
   */
  'Source of Terms': z.enum(['Listed', 'Pair', 'Qualifiers', 'Data', 'Protocol', 'Dictionary']),
  'Paired Codelist': optionalCell,
  Dictionary: optionalCell,
  'Dictionary Version': optionalCell,
});

const termRow = z.strictObject({
  Codelist: requiredCell,
  Order: ordinalCell,
  Term: requiredCell,
  'Decoded Value': requiredCell,
  'NCI Term Code': optionalCell,
  'Extended Value': yesNoCell,
});

type CodelistRow = z.infer<typeof codelistRow>;

const CODELIST_ROWS = readSpecification(join(SPECIFICATIONS, 'codelists.csv'), codelistRow);
const TERM_ROWS = readSpecification(join(SPECIFICATIONS, 'codelist-terms.csv'), termRow);

function createTerm(value: string, meaning: string): CodelistTerm {
  return { value, meaning, nciCode: null, isExtended: false };
}

function listTerms(codelist: string): readonly CodelistTerm[] {
  return TERM_ROWS.filter(({ content }) => content.Codelist === codelist).map(({ content, place }, i) => {
    if (content.Order !== i + 1)
      throw createSpecificationError(
        place,
        `Order is not ${i + 1}`,
        `number the terms of ${codelist} from 1`,
      );
    return {
      value: content.Term,
      meaning: content['Decoded Value'],
      nciCode: content['NCI Term Code'],
      isExtended: content['Extended Value'],
    };
  });
}

/** Swaps value and meaning: the names of a list of short names. */
function swapTerms(terms: readonly CodelistTerm[]): readonly CodelistTerm[] {
  return terms.map(({ value, meaning, ...term }) => ({ ...term, value: meaning, meaning: value }));
}

function listQualifierTerms(): readonly CodelistTerm[] {
  return SUPPLEMENTAL_QUALIFIERS.map(({ name, label }) => createTerm(name, label));
}

function resolveTerms(row: CodelistRow): readonly CodelistTerm[] | null {
  switch (row['Source of Terms']) {
    case 'Listed':
      return listTerms(row.Codelist);
    case 'Pair': {
      const pair = CODELIST_ROWS.find(({ content }) => content.Codelist === row['Paired Codelist']);
      return swapTerms((pair && resolveTerms(pair.content)) ?? []);
    }
    case 'Qualifiers':
      return listQualifierTerms();
    default:
      return null;
  }
}

function buildCodelist({ content, place }: SpecificationRow<CodelistRow>): Codelist {
  const terms = resolveTerms(content);
  if (terms?.length === 0)
    throw createSpecificationError(
      place,
      `${content.Codelist} has no terms`,
      'list them in codelist-terms.csv, or correct Source of Terms or Paired Codelist',
    );
  const { Dictionary: name, 'Dictionary Version': version } = content;
  if ((content['Source of Terms'] === 'Dictionary') !== (name !== null && version !== null))
    throw createSpecificationError(place, 'the dictionary is not named', 'write its name and version');
  return {
    id: content.Codelist,
    name: content.Name,
    nciCode: content['NCI Codelist Code'],
    isNonStandard: content.Nonstandard,
    terms,
    pairedWith: content['Paired Codelist'],
    dictionary: name === null || version === null ? null : { name, version },
  };
}

/**
 * The codelists of specifications/codelists.csv. NCI codes are those of CDISC's sample of
 * Define-XML 2.1 (metadata submission guidelines, example_sdtm_define.xml); the terminology itself was not available.
 * The sample has one code for both values of ETHNIC; the code of the second value is left out.
 */
const CODELISTS: readonly Codelist[] = CODELIST_ROWS.map(buildCodelist);

const CODELIST_BY_ID = new Map(CODELISTS.map((codelist) => [codelist.id, codelist]));

const strayTerm = TERM_ROWS.find(({ content }) => CODELIST_BY_ID.get(content.Codelist)?.terms == null);
if (strayTerm)
  throw createSpecificationError(
    strayTerm.place,
    `there is no list ${strayTerm.content.Codelist} with terms`,
    'add it to codelists.csv',
  );

/** Returns the codelist of an id; undefined where there is none. */
export function findCodelist(id: string): Codelist | undefined {
  return CODELIST_BY_ID.get(id);
}

/** Returns the codelist of an id. Throws an Error where there is none: ids are constants of the program. */
export function resolveCodelist(id: string): Codelist {
  const codelist = findCodelist(id);
  if (!codelist) throw new Error(`there is no codelist ${id}`);
  return codelist;
}

const PROTOCOL_CODELISTS: readonly string[] = CODELIST_ROWS.filter(
  ({ content }) => content['Source of Terms'] === 'Protocol',
).map(({ content }) => content.Codelist);

/** Returns the codelist of an id with the terms that the protocol defines: the codes and labels of its elements. */
export function resolveStudyCodelist(id: string, { elements }: Pick<Protocol, 'elements'>): Codelist {
  const codelist = resolveCodelist(id);
  if (!PROTOCOL_CODELISTS.includes(id)) return codelist;
  return { ...codelist, terms: elements.map(({ code, label }) => createTerm(code, label)) };
}

/** The codelists whose terms are the values in the data. */
export const DATA_CODELISTS: readonly string[] = CODELIST_ROWS.filter(
  ({ content }) => content['Source of Terms'] === 'Data',
).map(({ content }) => content.Codelist);

/** Short name and name of a test (or parameter), as in --TESTCD and --TEST. */
export type TestNames = readonly [code: string, name: string];

/** Returns a short name with its name. Throws an Error where the codelist has no such short name. */
export function resolveTest(codelist: string, code: string): TestNames {
  const term = resolveCodelist(codelist).terms?.find(({ value }) => value === code);
  if (!term) throw new Error(`codelist ${codelist} has no term ${code}`);
  return [term.value, term.meaning];
}

/** Blood counts by analyte. */
export const LAB_TESTS: Readonly<Record<Analyte, TestNames>> = {
  wbc: resolveTest('LBTESTCD', 'WBC'),
  anc: resolveTest('LBTESTCD', 'NEUT'),
  hemoglobin: resolveTest('LBTESTCD', 'HGB'),
  platelets: resolveTest('LBTESTCD', 'PLAT'),
  reticulocytes: resolveTest('LBTESTCD', 'RETI'),
};

/** Responses: overall, best, and by lineage. */
export const RESPONSE_TESTS = {
  overall: resolveTest('RSTESTCD', 'OVRLRESP'),
  best: resolveTest('RSTESTCD', 'BESTRESP'),
  erythroid: resolveTest('RSTESTCD', 'ERYRESP'),
  neutrophil: resolveTest('RSTESTCD', 'NEURESP'),
  platelet: resolveTest('RSTESTCD', 'PLTRESP'),
} as const;
