import { create } from 'xmlbuilder2';
import type { Protocol } from '../../trial/protocol.ts';
import type { DatasetDefinition, VariableDefinition } from '../tabulation/dataset-definition.ts';
import type { DatasetExtent, StudyExtent } from '../tabulation/dataset-extent.ts';
import type { FileHeader } from '../tabulation/dataset-json.ts';
import { SDTM_DATASETS } from '../tabulation/sdtm-datasets.ts';
import { DEFINE_COMMENTS, DERIVATION_METHODS } from '../tabulation/specification-texts.ts';
import type { StudyContext } from '../tabulation/subject-timeline.ts';
import { buildDescription } from '../tabulation/translated-text.ts';
import { describeElementStarts } from '../tabulation/trial-elements.ts';
import { buildCodelistElement, buildValueLists } from './define-codelists.ts';

type MeasuredDataset = readonly [dataset: DatasetDefinition, extent: DatasetExtent];

const NAMESPACES = {
  '@xmlns': 'http://www.cdisc.org/ns/odm/v1.3',
  '@xmlns:def': 'http://www.cdisc.org/ns/def/v2.1',
  '@xmlns:xlink': 'http://www.w3.org/1999/xlink',
};

const formatYesNo = (isYes: boolean) => (isYes ? 'Yes' : 'No');

/** Whether the dataset has records, and none of them has a value of the variable. */
function isNeverFilled(name: string, extent: DatasetExtent): boolean {
  return extent.records > 0 && extent.variables.get(name)?.filled === 0;
}

function buildItemRef(
  dataset: DatasetDefinition,
  extent: DatasetExtent,
  variable: VariableDefinition,
  index: number,
) {
  const keyIndex = dataset.keys.indexOf(variable.name);
  return {
    '@ItemOID': `IT.${dataset.name}.${variable.name}`,
    '@OrderNumber': index + 1,
    '@Mandatory': formatYesNo(variable.isMandatory),
    ...(keyIndex < 0 ? {} : { '@KeySequence': keyIndex + 1 }),
    ...(variable.method === null ? {} : { '@MethodOID': `MT.${variable.method}` }),
    '@Role': variable.role,
    ...(isNeverFilled(variable.name, extent) ? { '@def:HasNoData': 'Yes' } : {}),
  };
}

/** Builds the ItemGroupDef of a dataset. A dataset without records has no file, and a comment that states this. */
function buildItemGroupDef([dataset, extent]: MeasuredDataset) {
  const { name, domain, isRepeating, isReferenceData, structure, label } = dataset;
  const file = `${name.toLowerCase()}.json`;
  const hasRecords = extent.records > 0;
  const location = hasRecords
    ? { '@def:ArchiveLocationID': `LF.${name}` }
    : { '@def:HasNoData': 'Yes', '@def:CommentOID': 'COM.NODATA' };
  return {
    '@OID': `IG.${name}`,
    '@Name': name,
    '@Domain': domain,
    '@Repeating': formatYesNo(isRepeating),
    '@IsReferenceData': formatYesNo(isReferenceData),
    '@SASDatasetName': name,
    '@Purpose': 'Tabulation',
    '@def:Structure': structure,
    '@def:StandardOID': 'STD.IG',
    ...location,
    ...buildDescription(label),
    ItemRef: dataset.variables.map((variable, i) => buildItemRef(dataset, extent, variable, i)),
    'def:Class': { '@Name': dataset.class },
    ...(hasRecords ? { 'def:leaf': { '@ID': `LF.${name}`, '@xlink:href': file, 'def:title': file } } : {}),
  };
}

function buildOrigin({ origin }: VariableDefinition) {
  const source = origin === 'Collected' ? 'Investigator' : 'Sponsor';
  return { 'def:Origin': { '@Type': origin, ...(origin === 'Not Available' ? {} : { '@Source': source }) } };
}

/** Builds length and decimal places as they occur in the data; dates have neither. */
function buildLengthAttributes({ name, type }: VariableDefinition, extent: DatasetExtent) {
  if (type === 'datetime') return {};
  const { maxLength = 0, decimalPlaces = 0 } = extent.variables.get(name) ?? {};
  const length = { '@Length': Math.max(1, maxLength) };
  return type === 'float' ? { ...length, '@SignificantDigits': decimalPlaces } : length;
}

/** Selects the variable's comment, else EMPTY where the variable has no value in any record. */
function selectComment({ name, comment }: VariableDefinition, extent: DatasetExtent): string | null {
  return comment ?? (isNeverFilled(name, extent) ? 'EMPTY' : null);
}

function buildVariableItemDef(
  dataset: DatasetDefinition,
  variable: VariableDefinition,
  extent: DatasetExtent,
) {
  const { name, type, label, codelist } = variable;
  const comment = selectComment(variable, extent);
  const hasValueList = dataset.supplementOf !== null && name === 'QVAL';
  return {
    '@OID': `IT.${dataset.name}.${name}`,
    '@Name': name,
    '@DataType': type,
    ...buildLengthAttributes(variable, extent),
    '@SASFieldName': name,
    ...(comment === null ? {} : { '@def:CommentOID': `COM.${comment}` }),
    ...buildDescription(label),
    ...(codelist === null ? {} : { CodeListRef: { '@CodeListOID': `CL.${codelist}` } }),
    ...buildOrigin(variable),
    ...(hasValueList ? { 'def:ValueListRef': { '@ValueListOID': `VL.${dataset.name}.QVAL` } } : {}),
  };
}

const STANDARDS = {
  'def:Standard': [
    { '@OID': 'STD.IG', '@Name': 'SDTMIG', '@Type': 'IG', '@Version': '3.4', '@Status': 'Final' },
    {
      '@OID': 'STD.CT',
      '@Name': 'CDISC/NCI',
      '@Type': 'CT',
      '@PublishingSet': 'SDTM',
      '@Version': '2020-12-18',
      '@Status': 'Final',
      '@def:CommentOID': 'COM.CT',
    },
  ],
};

const listDistinct = (ids: readonly (string | null)[]) =>
  [...new Set(ids.filter((id) => id !== null))].sort();

/** Lists the methods, comments and codelists that the datasets and the export refer to. */
function listReferencedIds(datasets: readonly MeasuredDataset[]) {
  const variables = datasets.flatMap(([dataset]) => dataset.variables);
  const comments = datasets.flatMap(([dataset, extent]) =>
    dataset.variables.map((variable) => selectComment(variable, extent)),
  );
  const noData = datasets.some(([, { records }]) => records === 0) ? ['NODATA'] : [];
  return {
    methods: listDistinct(variables.map(({ method }) => method)),
    comments: listDistinct([...comments, ...noData, 'CT']),
    codelists: listDistinct(variables.map(({ codelist }) => codelist)),
  };
}

function requireText(texts: ReadonlyMap<string, string>, id: string): string {
  const text = texts.get(id);
  if (text === undefined) throw new Error(`there is no text ${id}`);
  return text;
}

/** Builds a derivation. That of element dates begins with the starts of the study's own elements. */
function buildMethodDef(id: string, protocol: Protocol) {
  const text = requireText(DERIVATION_METHODS, id);
  return {
    '@OID': `MT.${id}`,
    '@Name': `Derivation ${id}`,
    '@Type': 'Computation',
    ...buildDescription(id === 'SEDTC' ? `${describeElementStarts(protocol)} ${text}` : text),
  };
}

function buildCommentDef(id: string) {
  return { '@OID': `COM.${id}`, ...buildDescription(requireText(DEFINE_COMMENTS, id)) };
}

function buildMetaDataVersion(header: FileHeader, { protocol }: StudyContext, study: StudyExtent) {
  const datasets = SDTM_DATASETS.flatMap((dataset): MeasuredDataset[] => {
    const extent = study.datasets.get(dataset.name);
    return extent ? [[dataset, extent]] : [];
  });
  const ids = listReferencedIds(datasets);
  const valueLists = buildValueLists(datasets);
  const variableItems = datasets.flatMap(([dataset, extent]) =>
    dataset.variables.map((variable) => buildVariableItemDef(dataset, variable, extent)),
  );
  return {
    '@OID': header.metaDataVersionOid,
    '@Name': 'SDTM datasets',
    '@Description': `Data definitions as of ${header.asOf}`,
    '@def:DefineVersion': '2.1.0',
    'def:Standards': STANDARDS,
    'def:ValueListDef': valueLists.definitions,
    'def:WhereClauseDef': valueLists.clauses,
    ItemGroupDef: datasets.map(buildItemGroupDef),
    ItemDef: [...variableItems, ...valueLists.items],
    CodeList: ids.codelists.map((id) => buildCodelistElement(id, study.openTerms, protocol)),
    MethodDef: ids.methods.map((id) => buildMethodDef(id, protocol)),
    'def:CommentDef': ids.comments.map(buildCommentDef),
  };
}

/** Formats the Define-XML 2.1 of the tabulation, from the specifications of its datasets and the extent of the data. */
export function formatDefineXml(header: FileHeader, study: StudyContext, extent: StudyExtent): string {
  const odm = {
    ...NAMESPACES,
    '@ODMVersion': '1.3.2',
    '@FileOID': `${header.metaDataVersionOid}.define`,
    '@FileType': 'Snapshot',
    '@CreationDateTime': `${header.asOf}T00:00:00Z`,
    '@Originator': header.originator,
    '@SourceSystem': 'fhir-trial-adapter',
    '@SourceSystemVersion': header.software,
    '@def:Context': 'Other',
    Study: {
      '@OID': header.studyOid,
      GlobalVariables: {
        StudyName: study.id,
        StudyDescription: study.protocol.title,
        ProtocolName: study.id,
      },
      MetaDataVersion: buildMetaDataVersion(header, study, extent),
    },
  };
  return `${create({ version: '1.0', encoding: 'UTF-8' }, { ODM: odm }).end({ prettyPrint: true })}\n`;
}
