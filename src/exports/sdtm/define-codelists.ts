import { isCdiscUnit } from '../tabulation/cdisc-units.ts';
import { resolveCodelist } from '../tabulation/codelists.ts';
import type { DatasetDefinition } from '../tabulation/dataset-definition.ts';
import type { DatasetExtent, OpenTerms } from '../tabulation/dataset-extent.ts';
import type { SupplementalQualifier } from '../tabulation/supplemental-qualifiers.ts';

function buildTranslatedText(text: string) {
  return { TranslatedText: { '@xml:lang': 'en', '#': text } };
}

const buildNciAlias = (code: string | null) =>
  code === null ? {} : { Alias: { '@Context': 'nci:ExtCodeID', '@Name': code } };

/** Lists of CDISC's terminology name it; our own say so. A value that is its own meaning is enumerated. */
export function buildCodelistElement(id: string, open: OpenTerms) {
  const codelist = resolveCodelist(id);
  const { name, terms, isNonStandard, dictionary } = codelist;
  const standard = isNonStandard ? { '@def:IsNonStandard': 'Yes' } : { '@def:StandardOID': 'STD.CT' };
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
  const isPlain = terms.every(({ value, meaning }) => value === meaning);
  const items = terms.map(({ value, meaning, nciCode, isExtended }) => ({
    '@CodedValue': value,
    ...(isExtended ? EXTENDED_VALUE : {}),
    ...(isPlain ? {} : { Decode: buildTranslatedText(meaning) }),
    ...buildNciAlias(nciCode),
  }));
  return {
    ...head,
    ...(isPlain ? { EnumeratedItem: items } : { CodeListItem: items }),
    ...buildNciAlias(codelist.nciCode),
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
  { name, label, origin }: SupplementalQualifier,
  survey: DatasetExtent,
) {
  return {
    '@OID': `IT.${dataset.name}.QVAL.${name}`,
    '@Name': name,
    '@DataType': 'text',
    '@Length': Math.max(1, survey.variables.get('QVAL')?.maxLength ?? 0),
    Description: buildTranslatedText(label),
    'def:Origin': { '@Type': origin, '@Source': origin === 'Collected' ? 'Investigator' : 'Sponsor' },
  };
}

/** What QVAL means for each QNAM of each SUPP--, as Define-XML wants it. */
export function buildValueLists(
  datasets: readonly (readonly [DatasetDefinition, DatasetExtent])[],
): ValueListElements {
  const supplements = datasets.filter(([{ supplementOf }]) => supplementOf !== null);
  const each = supplements.flatMap(([dataset, survey]) =>
    dataset.qualifiers.map((qualifier) => ({ dataset, survey, qualifier })),
  );
  return {
    definitions: supplements.map(([{ name, qualifiers }]) => ({
      '@OID': `VL.${name}.QVAL`,
      ItemRef: qualifiers.map((qualifier, i) => ({
        '@ItemOID': `IT.${name}.QVAL.${qualifier.name}`,
        '@OrderNumber': i + 1,
        '@Mandatory': 'No',
        'def:WhereClauseRef': { '@WhereClauseOID': `WC.${name}.${qualifier.name}` },
      })),
    })),
    clauses: each.map(({ dataset, qualifier }) => ({
      '@OID': `WC.${dataset.name}.${qualifier.name}`,
      RangeCheck: {
        '@Comparator': 'EQ',
        '@SoftHard': 'Soft',
        '@def:ItemOID': `IT.${dataset.name}.QNAM`,
        CheckValue: qualifier.name,
      },
    })),
    items: each.map(({ dataset, survey, qualifier }) => buildQualifierItemDef(dataset, qualifier, survey)),
  };
}
