import type { Protocol } from '../../trial/protocol.ts';
import { isCdiscUnit } from '../tabulation/cdisc-units.ts';
import { type Codelist, type CodelistTerm, resolveStudyCodelist } from '../tabulation/codelists.ts';
import type { DatasetDefinition } from '../tabulation/dataset-definition.ts';
import type { DatasetExtent, OpenTerms } from '../tabulation/dataset-extent.ts';
import type { SupplementalQualifier } from '../tabulation/supplemental-qualifiers.ts';
import { buildDescription, buildTranslatedText } from '../tabulation/translated-text.ts';

const buildNciAlias = (code: string | null) =>
  code === null ? {} : { Alias: { '@Context': 'nci:ExtCodeID', '@Name': code } };

const EXTENDED_VALUE = { '@def:ExtendedValue': 'Yes' };

/** The value of a codelist that must not be empty although no value occurs. */
const UNUSED_VALUE = 'NOT USED';

/** Builds a term of a list with terms from the data. A unit that CDISC's list does not have extends it. */
function buildOpenTermItem(codelist: string, value: string) {
  const isExtended = codelist === 'UNIT' && !isCdiscUnit(value);
  return { '@CodedValue': value, ...(isExtended ? EXTENDED_VALUE : {}) };
}

function buildOpenTermItems(id: string, openTerms: OpenTerms) {
  const values = [...(openTerms.get(id) ?? [])].sort();
  const items = values.length > 0 ? values : [UNUSED_VALUE];
  return { EnumeratedItem: items.map((value) => buildOpenTermItem(id, value)) };
}

/** Builds the terms of a list: enumerated where every value is its own meaning, else with their decoded values. */
function buildTermItems(terms: readonly CodelistTerm[]) {
  const isEnumerated = terms.every(({ value, meaning }) => value === meaning);
  const items = terms.map(({ value, meaning, nciCode, isExtended }) => ({
    '@CodedValue': value,
    ...(isExtended ? EXTENDED_VALUE : {}),
    ...(isEnumerated ? {} : { Decode: buildTranslatedText(meaning) }),
    ...buildNciAlias(nciCode),
  }));
  return isEnumerated ? { EnumeratedItem: items } : { CodeListItem: items };
}

function buildCodelistContent({ id, terms, dictionary, nciCode }: Codelist, openTerms: OpenTerms) {
  if (dictionary)
    return { ExternalCodeList: { '@Dictionary': dictionary.name, '@Version': dictionary.version } };
  if (terms === null) return buildOpenTermItems(id, openTerms);
  return { ...buildTermItems(terms), ...buildNciAlias(nciCode) };
}

/** Builds the CodeList element of an id. A list of CDISC names its terminology; a sponsor's list is non-standard. */
export function buildCodelistElement(id: string, openTerms: OpenTerms, protocol: Protocol) {
  const codelist = resolveStudyCodelist(id, protocol);
  const standard = codelist.isNonStandard
    ? { '@def:IsNonStandard': 'Yes' }
    : { '@def:StandardOID': 'STD.CT' };
  return {
    '@OID': `CL.${id}`,
    '@Name': codelist.name,
    '@DataType': 'text',
    ...standard,
    ...buildCodelistContent(codelist, openTerms),
  };
}

interface ValueListElements {
  readonly definitions: readonly object[];
  readonly clauses: readonly object[];
  readonly items: readonly object[];
}

function buildValueListDef({ name, qualifiers }: DatasetDefinition) {
  return {
    '@OID': `VL.${name}.QVAL`,
    ItemRef: qualifiers.map((qualifier, i) => ({
      '@ItemOID': `IT.${name}.QVAL.${qualifier.name}`,
      '@OrderNumber': i + 1,
      '@Mandatory': 'No',
      'def:WhereClauseRef': { '@WhereClauseOID': `WC.${name}.${qualifier.name}` },
    })),
  };
}

function buildWhereClauseDef(dataset: DatasetDefinition, { name }: SupplementalQualifier) {
  return {
    '@OID': `WC.${dataset.name}.${name}`,
    RangeCheck: {
      '@Comparator': 'EQ',
      '@SoftHard': 'Soft',
      '@def:ItemOID': `IT.${dataset.name}.QNAM`,
      CheckValue: name,
    },
  };
}

function buildQualifierItemDef(
  dataset: DatasetDefinition,
  { name, label, origin }: SupplementalQualifier,
  extent: DatasetExtent,
) {
  return {
    '@OID': `IT.${dataset.name}.QVAL.${name}`,
    '@Name': name,
    '@DataType': 'text',
    '@Length': Math.max(1, extent.variables.get('QVAL')?.maxLength ?? 0),
    ...buildDescription(label),
    'def:Origin': { '@Type': origin, '@Source': origin === 'Collected' ? 'Investigator' : 'Sponsor' },
  };
}

/** Builds the value lists of Define-XML: the definition of QVAL for each QNAM of each SUPP-- dataset. */
export function buildValueLists(
  datasets: readonly (readonly [DatasetDefinition, DatasetExtent])[],
): ValueListElements {
  const supplements = datasets.filter(([{ supplementOf }]) => supplementOf !== null);
  return {
    definitions: supplements.map(([dataset]) => buildValueListDef(dataset)),
    clauses: supplements.flatMap(([dataset]) =>
      dataset.qualifiers.map((qualifier) => buildWhereClauseDef(dataset, qualifier)),
    ),
    items: supplements.flatMap(([dataset, extent]) =>
      dataset.qualifiers.map((qualifier) => buildQualifierItemDef(dataset, qualifier, extent)),
    ),
  };
}
