import type { Protocol } from '../../trial/protocol.ts';
import { isCdiscUnit } from '../tabulation/cdisc-units.ts';
import {
  resolveStudyCodelist,
  SUPPLEMENTAL_QUALIFIERS,
  type SupplementalQualifier,
} from '../tabulation/codelists.ts';
import type { DatasetDefinition } from '../tabulation/dataset-definition.ts';
import type { DatasetExtent, OpenTerms } from '../tabulation/dataset-extent.ts';
import { findNciCodes } from './nci-codes.ts';

/** The qualifiers of each domain's SUPP--. */
const QUALIFIERS_BY_DOMAIN: Readonly<Record<string, readonly SupplementalQualifier[]>> = {
  DM: ['AASEV', 'RACE1', 'RACE2', 'RACE3', 'RACE4', 'RACE5'],
  EX: ['EXTOTAL', 'EXSTATUS'],
  AE: ['AESYS', 'AECODE'],
  LB: ['LBRSTAT', 'LBCNTMTH'],
  RS: ['RSASSTAT'],
};

function buildTranslatedText(text: string) {
  return { TranslatedText: { '@xml:lang': 'en', '#': text } };
}

const buildNciAlias = (code: string | undefined) =>
  code === undefined ? {} : { Alias: { '@Context': 'nci:ExtCodeID', '@Name': code } };

/** Lists of CDISC's terminology name it; our own say so. A value that is its own meaning is enumerated. */
export function buildCodelistElement(id: string, open: OpenTerms, protocol: Protocol) {
  const codelist = resolveStudyCodelist(id, protocol);
  const { name, terms, nonStandard: own, dictionary } = codelist;
  const standard = own ? { '@def:IsNonStandard': 'Yes' } : { '@def:StandardOID': 'STD.CT' };
  const head = { '@OID': `CL.${id}`, '@Name': name, '@DataType': 'text', ...standard };
  if (dictionary) {
    const { name: Dictionary, version: Version } = dictionary;
    return { ...head, ExternalCodeList: { '@Dictionary': Dictionary, '@Version': Version } };
  }
  if (terms === null) {
    const values = [...(open.get(id) ?? [])].sort();
    const listed = values.length > 0 ? values : ['NOT USED'];
    return { ...head, EnumeratedItem: listed.map((value) => buildOpenTermItem(id, value)) };
  }
  const codes = findNciCodes(id);
  const isPlain = terms.every(([value, meaning]) => value === meaning);
  const items = terms.map(([value, meaning]) => ({
    '@CodedValue': value,
    ...(codelist.extendedValues?.includes(value) ? EXTENDED_VALUE : {}),
    ...(isPlain ? {} : { Decode: buildTranslatedText(meaning) }),
    ...buildNciAlias(codes?.values[value]),
  }));
  return {
    ...head,
    ...(isPlain ? { EnumeratedItem: items } : { CodeListItem: items }),
    ...buildNciAlias(codes?.list),
  };
}

const EXTENDED_VALUE = { '@def:ExtendedValue': 'Yes' };

/** A unit whose CDISC spelling is not known is an extension of CDISC's list. */
function buildOpenTermItem(id: string, value: string) {
  return { '@CodedValue': value, ...(id === 'UNIT' && !isCdiscUnit(value) ? EXTENDED_VALUE : {}) };
}

interface ValueListElements {
  readonly definitions: readonly object[];
  readonly clauses: readonly object[];
  readonly items: readonly object[];
}

function buildQualifierItemDef(
  dataset: DatasetDefinition,
  qualifier: SupplementalQualifier,
  survey: DatasetExtent,
) {
  const derived = qualifier === 'AASEV' || qualifier === 'RSASSTAT';
  const origin = derived
    ? { '@Type': 'Derived', '@Source': 'Sponsor' }
    : { '@Type': 'Collected', '@Source': 'Investigator' };
  return {
    '@OID': `IT.${dataset.name}.QVAL.${qualifier}`,
    '@Name': qualifier,
    '@DataType': 'text',
    '@Length': Math.max(1, survey.variables.get('QVAL')?.maxLength ?? 0),
    Description: buildTranslatedText(SUPPLEMENTAL_QUALIFIERS[qualifier]),
    'def:Origin': origin,
  };
}

/** What QVAL means for each QNAM of each SUPP--, as Define-XML wants it. */
export function buildValueLists(
  datasets: readonly (readonly [DatasetDefinition, DatasetExtent])[],
): ValueListElements {
  const supplements = datasets.filter(([{ name }]) => name.startsWith('SUPP'));
  const each = supplements.flatMap(([dataset, survey]) =>
    (QUALIFIERS_BY_DOMAIN[dataset.domain] ?? []).map((qualifier) => ({ dataset, survey, qualifier })),
  );
  return {
    definitions: supplements.map(([{ name, domain }]) => ({
      '@OID': `VL.${name}.QVAL`,
      ItemRef: (QUALIFIERS_BY_DOMAIN[domain] ?? []).map((qualifier, i) => ({
        '@ItemOID': `IT.${name}.QVAL.${qualifier}`,
        '@OrderNumber': i + 1,
        '@Mandatory': 'No',
        'def:WhereClauseRef': { '@WhereClauseOID': `WC.${name}.${qualifier}` },
      })),
    })),
    clauses: each.map(({ dataset, qualifier }) => ({
      '@OID': `WC.${dataset.name}.${qualifier}`,
      RangeCheck: {
        '@Comparator': 'EQ',
        '@SoftHard': 'Soft',
        '@def:ItemOID': `IT.${dataset.name}.QNAM`,
        CheckValue: qualifier,
      },
    })),
    items: each.map(({ dataset, survey, qualifier }) => buildQualifierItemDef(dataset, qualifier, survey)),
  };
}
