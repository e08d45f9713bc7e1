import { create } from 'xmlbuilder2';
import type { DatasetDefinition, VariableDefinition } from '../tabulation/dataset-definition.ts';
import type { DatasetExtent, StudyExtent } from '../tabulation/dataset-extent.ts';
import type { FileHeader } from '../tabulation/dataset-json.ts';
import { SDTM_DATASETS } from '../tabulation/sdtm-datasets.ts';
import { DEFINE_COMMENTS, DERIVATION_METHODS } from '../tabulation/specification-texts.ts';
import type { StudyContext } from '../tabulation/subject-timeline.ts';
import { buildCodelistElement, buildValueLists } from './define-codelists.ts';

const NAMESPACES = {
  '@xmlns': 'http://www.cdisc.org/ns/odm/v1.3',
  '@xmlns:def': 'http://www.cdisc.org/ns/def/v2.1',
  '@xmlns:xlink': 'http://www.w3.org/1999/xlink',
};

/** A description in English. */
export function buildDescription(text: string) {
  return { Description: { TranslatedText: { '@xml:lang': 'en', '#': text } } };
}

const buildYesAttribute = (name: string, holds: boolean) => (holds ? { [name]: 'Yes' } : {});

function buildItemRef(
  dataset: DatasetDefinition,
  survey: DatasetExtent,
  variable: VariableDefinition,
  i: number,
) {
  const key = dataset.keys.indexOf(variable.name);
  const empty = survey.records > 0 && survey.variables.get(variable.name)?.filled === 0;
  return {
    '@ItemOID': `IT.${dataset.name}.${variable.name}`,
    '@OrderNumber': i + 1,
    '@Mandatory': variable.isMandatory ? 'Yes' : 'No',
    ...(key < 0 ? {} : { '@KeySequence': key + 1 }),
    ...(variable.method === null ? {} : { '@MethodOID': `MT.${variable.method}` }),
    '@Role': variable.role,
    ...buildYesAttribute('@def:HasNoData', empty),
  };
}

function buildItemGroupDef(dataset: DatasetDefinition, survey: DatasetExtent) {
  const { name, domain, isReferenceData: reference, structure, label } = dataset;
  const file = `${name.toLowerCase()}.json`;
  const isEmpty = survey.records === 0;
  const archive = isEmpty
    ? { '@def:HasNoData': 'Yes', '@def:CommentOID': 'COM.NODATA' }
    : { '@def:ArchiveLocationID': `LF.${name}` };
  return {
    '@OID': `IG.${name}`,
    '@Name': name,
    '@Domain': domain,
    '@Repeating': dataset.isRepeating ? 'Yes' : 'No',
    '@IsReferenceData': reference ? 'Yes' : 'No',
    '@SASDatasetName': name,
    '@Purpose': 'Tabulation',
    '@def:Structure': structure,
    '@def:StandardOID': 'STD.IG',
    ...archive,
    ...buildDescription(label),
    ItemRef: dataset.variables.map((variable, i) => buildItemRef(dataset, survey, variable, i)),
    'def:Class': { '@Name': dataset.class },
    ...(isEmpty ? {} : { 'def:leaf': { '@ID': `LF.${name}`, '@xlink:href': file, 'def:title': file } }),
  };
}

function buildOrigin({ origin }: VariableDefinition) {
  const source = origin === 'Collected' ? 'Investigator' : 'Sponsor';
  return { 'def:Origin': { '@Type': origin, ...(origin === 'Not Available' ? {} : { '@Source': source }) } };
}

/** Length and decimal places as the data have them; dates have none. */
function buildLengthAttributes({ name, type }: VariableDefinition, survey: DatasetExtent) {
  if (type === 'datetime') return {};
  const { maxLength: longest = 0, decimalPlaces: places = 0 } = survey.variables.get(name) ?? {};
  const size = { '@Length': Math.max(1, longest) };
  return type === 'float' ? { ...size, '@SignificantDigits': places } : size;
}

/** A variable that never has a value says so, where it says nothing better. */
function selectComment({ name, comment }: VariableDefinition, survey: DatasetExtent): string | null {
  if (comment !== null) return comment;
  return survey.records > 0 && survey.variables.get(name)?.filled === 0 ? 'EMPTY' : null;
}

function buildVariableItemDef(
  dataset: DatasetDefinition,
  variable: VariableDefinition,
  survey: DatasetExtent,
) {
  const { name, type, label, codelist } = variable;
  const comment = selectComment(variable, survey);
  const listed = dataset.supplementOf !== null && name === 'QVAL';
  return {
    '@OID': `IT.${dataset.name}.${name}`,
    '@Name': name,
    '@DataType': type,
    ...buildLengthAttributes(variable, survey),
    '@SASFieldName': name,
    ...(comment === null ? {} : { '@def:CommentOID': `COM.${comment}` }),
    ...buildDescription(label),
    ...(codelist === null ? {} : { CodeListRef: { '@CodeListOID': `CL.${codelist}` } }),
    ...buildOrigin(variable),
    ...(listed ? { 'def:ValueListRef': { '@ValueListOID': `VL.${dataset.name}.QVAL` } } : {}),
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

function listReferencedIds(datasets: readonly (readonly [DatasetDefinition, DatasetExtent])[]) {
  const variables = datasets.flatMap(([{ variables }]) => variables);
  const comments = datasets.flatMap(([{ variables }, survey]) =>
    variables.map((variable) => selectComment(variable, survey)),
  );
  const nodata = datasets.some(([, { records }]) => records === 0) ? ['NODATA'] : [];
  const known = (ids: readonly (string | null)[]) => [...new Set(ids.filter((id) => id !== null))].sort();
  return {
    methods: known(variables.map(({ method }) => method)),
    comments: known([...comments, ...nodata, 'CT']),
    codelists: known(variables.map(({ codelist }) => codelist)),
  };
}

function requireText(texts: ReadonlyMap<string, string>, id: string): string {
  const text = texts.get(id);
  if (text === undefined) throw new Error(`there is no text ${id}`);
  return text;
}

function buildMetaDataVersion(head: FileHeader, learned: StudyExtent) {
  const datasets = SDTM_DATASETS.flatMap((dataset) => {
    const survey = learned.datasets.get(dataset.name);
    return survey ? [[dataset, survey] as const] : [];
  });
  const ids = listReferencedIds(datasets);
  const lists = buildValueLists(datasets);
  return {
    '@OID': head.metaDataVersionOid,
    '@Name': 'SDTM datasets',
    '@Description': `Data definitions as of ${head.asOf}`,
    '@def:DefineVersion': '2.1.0',
    'def:Standards': STANDARDS,
    'def:ValueListDef': lists.definitions,
    'def:WhereClauseDef': lists.clauses,
    ItemGroupDef: datasets.map(([dataset, survey]) => buildItemGroupDef(dataset, survey)),
    ItemDef: [
      ...datasets.flatMap(([dataset, survey]) =>
        dataset.variables.map((variable) => buildVariableItemDef(dataset, variable, survey)),
      ),
      ...lists.items,
    ],
    CodeList: ids.codelists.map((id) => buildCodelistElement(id, learned.openTerms)),
    MethodDef: ids.methods.map((id) => ({
      '@OID': `MT.${id}`,
      '@Name': `Derivation ${id}`,
      '@Type': 'Computation',
      ...buildDescription(requireText(DERIVATION_METHODS, id)),
    })),
    'def:CommentDef': ids.comments.map((id) => ({
      '@OID': `COM.${id}`,
      ...buildDescription(requireText(DEFINE_COMMENTS, id)),
    })),
  };
}

/** The Define-XML 2.1 of a tabulation, from the same table of variables as its columns and from what the data hold. */
export function formatDefineXml(head: FileHeader, study: StudyContext, learned: StudyExtent): string {
  const odm = {
    ...NAMESPACES,
    '@ODMVersion': '1.3.2',
    '@FileOID': `${head.metaDataVersionOid}.define`,
    '@FileType': 'Snapshot',
    '@CreationDateTime': `${head.asOf}T00:00:00Z`,
    '@Originator': head.originator,
    '@SourceSystem': 'fhir-trial-adapter',
    '@SourceSystemVersion': head.software,
    '@def:Context': 'Other',
    Study: {
      '@OID': head.studyOid,
      GlobalVariables: {
        StudyName: study.id,
        StudyDescription: study.protocol.title,
        ProtocolName: study.id,
      },
      MetaDataVersion: buildMetaDataVersion(head, learned),
    },
  };
  return `${create({ version: '1.0', encoding: 'UTF-8' }, { ODM: odm }).end({ prettyPrint: true })}\n`;
}
