import { codelistOf, QUALIFIERS, type Qualifier } from './codelists.ts';
import { nciCodesOf } from './nci-codes.ts';
import type { OpenTerms, Survey } from './survey.ts';
import { isCdiscUnit } from './units.ts';
import type { DatasetDefinition } from './variable.ts';

/** The qualifiers of each domain's SUPP--. */
const OF_DOMAIN: Readonly<Record<string, readonly Qualifier[]>> = {
  DM: ['AASEV', 'RACE1', 'RACE2', 'RACE3', 'RACE4', 'RACE5'],
  EX: ['EXTOTAL', 'EXSTATUS'],
  AE: ['AESYS', 'AECODE'],
  LB: ['LBRSTAT', 'LBCNTMTH'],
  RS: ['RSASSTAT'],
};

function english(text: string) {
  return { TranslatedText: { '@xml:lang': 'en', '#': text } };
}

const alias = (code: string | undefined) =>
  code === undefined ? {} : { Alias: { '@Context': 'nci:ExtCodeID', '@Name': code } };

/** Lists of CDISC's terminology name it; our own say so. A value that is its own meaning is enumerated. */
export function codelistElements(id: string, open: OpenTerms) {
  const codelist = codelistOf(id);
  const { name, terms, own, dictionary } = codelist;
  const standard = own ? { '@def:IsNonStandard': 'Yes' } : { '@def:StandardOID': 'STD.CT' };
  const head = { '@OID': `CL.${id}`, '@Name': name, '@DataType': 'text', ...standard };
  if (dictionary) {
    const { name: Dictionary, version: Version } = dictionary;
    return { ...head, ExternalCodeList: { '@Dictionary': Dictionary, '@Version': Version } };
  }
  if (terms === null) {
    const values = [...(open.get(id) ?? [])].sort();
    const listed = values.length > 0 ? values : ['NOT USED'];
    return { ...head, EnumeratedItem: listed.map((value) => openItem(id, value)) };
  }
  const codes = nciCodesOf(id);
  const isPlain = terms.every(([value, meaning]) => value === meaning);
  const items = terms.map(([value, meaning]) => ({
    '@CodedValue': value,
    ...(codelist.extended?.includes(value) ? EXTENDED : {}),
    ...(isPlain ? {} : { Decode: english(meaning) }),
    ...alias(codes?.values[value]),
  }));
  return {
    ...head,
    ...(isPlain ? { EnumeratedItem: items } : { CodeListItem: items }),
    ...alias(codes?.list),
  };
}

const EXTENDED = { '@def:ExtendedValue': 'Yes' };

/** A unit whose CDISC spelling is not known is an extension of CDISC's list. */
function openItem(id: string, value: string) {
  return { '@CodedValue': value, ...(id === 'UNIT' && !isCdiscUnit(value) ? EXTENDED : {}) };
}

interface ValueLists {
  readonly definitions: readonly object[];
  readonly clauses: readonly object[];
  readonly items: readonly object[];
}

function valueItem(dataset: DatasetDefinition, qualifier: Qualifier, survey: Survey) {
  const derived = qualifier === 'AASEV' || qualifier === 'RSASSTAT';
  const origin = derived
    ? { '@Type': 'Derived', '@Source': 'Sponsor' }
    : { '@Type': 'Collected', '@Source': 'Investigator' };
  return {
    '@OID': `IT.${dataset.name}.QVAL.${qualifier}`,
    '@Name': qualifier,
    '@DataType': 'text',
    '@Length': Math.max(1, survey.extents.get('QVAL')?.longest ?? 0),
    Description: english(QUALIFIERS[qualifier]),
    'def:Origin': origin,
  };
}

/** What QVAL means for each QNAM of each SUPP--, as Define-XML wants it. */
export function valueLists(datasets: readonly (readonly [DatasetDefinition, Survey])[]): ValueLists {
  const supplements = datasets.filter(([{ name }]) => name.startsWith('SUPP'));
  const each = supplements.flatMap(([dataset, survey]) =>
    (OF_DOMAIN[dataset.domain] ?? []).map((qualifier) => ({ dataset, survey, qualifier })),
  );
  return {
    definitions: supplements.map(([{ name, domain }]) => ({
      '@OID': `VL.${name}.QVAL`,
      ItemRef: (OF_DOMAIN[domain] ?? []).map((qualifier, i) => ({
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
    items: each.map(({ dataset, survey, qualifier }) => valueItem(dataset, qualifier, survey)),
  };
}
