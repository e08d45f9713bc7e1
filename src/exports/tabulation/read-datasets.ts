import { join } from 'node:path';
import { z } from 'zod';
import { findCodelist } from './codelists.ts';
import type { DatasetDefinition, VariableDefinition } from './dataset-definition.ts';
import {
  createSpecificationError,
  optionalCell,
  ordinalCell,
  readSpecification,
  requiredCell,
  type SpecificationRow,
  yesNoCell,
} from './specification-file.ts';
import { DEFINE_COMMENTS, DERIVATION_METHODS } from './specification-texts.ts';
import { SUPPLEMENTAL_QUALIFIERS } from './supplemental-qualifiers.ts';

const datasetRow = z.strictObject({
  Dataset: requiredCell.max(8, 'has more than 8 characters'),
  Label: requiredCell.max(40, 'has more than 40 characters'),
  Class: requiredCell,
  Structure: requiredCell,
  Repeating: yesNoCell,
  'Reference Data': yesNoCell,
  'Supplement Of': optionalCell,
});

const variableRow = z.strictObject({
  Dataset: requiredCell,
  Order: ordinalCell,
  Variable: requiredCell.max(8, 'has more than 8 characters'),
  Label: requiredCell.max(40, 'has more than 40 characters'),
  Type: z.enum(['text', 'integer', 'float', 'datetime']),
  Role: requiredCell,
  Core: z.enum(['Req', 'Exp', 'Perm']),
  Mandatory: yesNoCell,
  Codelist: optionalCell,
  Origin: z.enum(['Collected', 'Derived', 'Assigned', 'Protocol', 'Not Available']),
  Method: optionalCell,
  Comment: optionalCell,
  'Key Sequence': z.union([z.literal('').transform(() => null), ordinalCell]),
});

type DatasetRow = z.infer<typeof datasetRow>;
type VariableRow = z.infer<typeof variableRow>;

/** The method of a --SEQ variable that numbers a subject's records from 1. */
const SEQUENCE_METHOD = 'SEQ';

/** Finds the first fault in a row of variables, with the fix; null where there is none. */
function findVariableFault(row: VariableRow): readonly [problem: string, fix: string] | null {
  const { Core, Mandatory, Codelist, Method, Comment } = row;
  if (Mandatory && Core !== 'Req') return ['a mandatory variable is not required', 'make Core Req'];
  if (Core === 'Req' && !Mandatory && Comment === null)
    return ['a required variable may be empty without a reason', 'name a comment that explains why'];
  if (Codelist !== null && !findCodelist(Codelist))
    return [`there is no codelist ${Codelist}`, 'add it to codelists.csv'];
  if (Method !== null && !DERIVATION_METHODS.has(Method))
    return [`there is no method ${Method}`, 'add it to methods.csv'];
  if (Comment !== null && !DEFINE_COMMENTS.has(Comment))
    return [`there is no comment ${Comment}`, 'add it to comments.csv'];
  return null;
}

/** Requires one row for each variable, in the order that the rows state. */
function checkVariableRows(dataset: string, rows: readonly SpecificationRow<VariableRow>[]): void {
  const names = new Set<string>();
  rows.forEach(({ content, place }, i) => {
    if (content.Order !== i + 1)
      throw createSpecificationError(place, `Order is not ${i + 1}`, `number the rows of ${dataset} from 1`);
    if (names.has(content.Variable))
      throw createSpecificationError(place, `${content.Variable} is listed twice`, 'remove one of them');
    names.add(content.Variable);
    const fault = findVariableFault(content);
    if (fault) throw createSpecificationError(place, `${content.Variable}: ${fault[0]}`, fault[1]);
  });
}

function selectKeys(rows: readonly SpecificationRow<VariableRow>[], place: string): readonly string[] {
  const keys = rows
    .flatMap(({ content }) => {
      const sequence = content['Key Sequence'];
      return sequence === null ? [] : [{ name: content.Variable, sequence }];
    })
    .sort((a, b) => a.sequence - b.sequence);
  if (keys.length === 0 || keys.some(({ sequence }, i) => sequence !== i + 1))
    throw createSpecificationError(place, 'the keys are not numbered from 1', 'correct Key Sequence');
  return keys.map(({ name }) => name);
}

function toVariableDefinition({ content }: SpecificationRow<VariableRow>): VariableDefinition {
  return {
    name: content.Variable,
    label: content.Label,
    type: content.Type,
    core: content.Core,
    isMandatory: content.Mandatory,
    role: content.Role,
    origin: content.Origin,
    codelist: content.Codelist,
    method: content.Method,
    comment: content.Comment,
  };
}

function buildDatasetDefinition(
  { content, place }: SpecificationRow<DatasetRow>,
  rows: readonly SpecificationRow<VariableRow>[],
): DatasetDefinition {
  const { Dataset: name, Label, Class, Structure, Repeating, 'Supplement Of': supplementOf } = content;
  if (rows.length === 0) throw createSpecificationError(place, `${name} has no variables`, 'add them');
  checkVariableRows(name, rows);
  const qualifiers = SUPPLEMENTAL_QUALIFIERS.filter(({ dataset }) => dataset === name);
  if ((supplementOf === null) !== (qualifiers.length === 0))
    throw createSpecificationError(
      place,
      `${name} and supplemental-qualifiers.csv do not agree`,
      'list qualifiers for every dataset with Supplement Of, and for no other',
    );
  return {
    name,
    domain: supplementOf ?? name,
    label: Label,
    class: Class,
    structure: Structure,
    keys: selectKeys(rows, place),
    isRepeating: Repeating,
    isReferenceData: content['Reference Data'],
    supplementOf,
    qualifiers,
    sequenceVariable: rows.find((row) => row.content.Method === SEQUENCE_METHOD)?.content.Variable ?? null,
    variables: rows.map(toVariableDefinition),
  };
}

/**
 * Reads datasets.csv and the named variable files of a folder of specifications. Returns the datasets in the order of
 * datasets.csv; throws an Error that names file, line and fix where the files contradict each other.
 */
export function readDatasets(folder: string, variableFiles: readonly string[]): readonly DatasetDefinition[] {
  const datasets = readSpecification(join(folder, 'datasets.csv'), datasetRow);
  const variables = variableFiles.flatMap((file) => readSpecification(join(folder, file), variableRow));
  const names = new Set(datasets.map(({ content }) => content.Dataset));
  const stray = variables.find(({ content }) => !names.has(content.Dataset));
  if (stray)
    throw createSpecificationError(
      stray.place,
      `there is no dataset ${stray.content.Dataset}`,
      'add it to datasets.csv',
    );
  return datasets.map((dataset) =>
    buildDatasetDefinition(
      dataset,
      variables.filter(({ content }) => content.Dataset === dataset.content.Dataset),
    ),
  );
}
