import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import r5 from 'fhirpath/fhir-context/r5';
import { Failure } from '../../errors.ts';
import { type FhirVersion, parseFhirVersion } from '../../fhir/fhir-version.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { CellRows, ViewCell, ViewColumnInfo } from './compile-column.ts';
import {
  type CompiledExpression,
  compileExpression,
  type EvaluationScope,
  locateFocus,
} from './compile-expression.ts';
import { compileSelect } from './compile-select.ts';
import { toEngineConstants } from './engine-constants.ts';
import { toEngineTree } from './engine-tree.ts';
import { type FhirPathItem, hasValue, unwrapValue } from './fhirpath-items.ts';
import { createViewFailure, parseViewDefinition, type ViewDefinition } from './view-definition.ts';

/** One row: the values by column name in column order, and for each column the element that the value came from. */
export interface ViewRow {
  /** Missing is null; collection columns are arrays; numbers are WireNumbers (`1.50` stays `1.50`). */
  readonly values: Readonly<Record<string, unknown>>;
  /** FHIRPath with indices; where nothing matched or the value was computed, the element that the row stands on. */
  readonly elements: Readonly<Record<string, string>>;
}

/** A view that was parsed and checked once and can be run over any number of resources. */
export interface CompiledView {
  readonly name: string;
  /** The resource type whose resources have rows. */
  readonly resource: string;
  /** The FHIR versions that it is for; R4 where it names none. */
  readonly fhirVersions: readonly FhirVersion[];
  readonly columns: readonly ViewColumnInfo[];
  readonly listRows: (resource: Resource) => readonly ViewRow[];
  /** The same rows with the expression behind every value. */
  readonly traceRows: (resource: Resource) => readonly ViewRowTrace[];
}

/** A row, and for each of its columns the expression, the element that it matched, and the value. */
export interface ViewRowTrace {
  readonly row: ViewRow;
  readonly cells: readonly (ViewCell & { readonly column: string })[];
}

const ROOT_OPTIONS = { resolveInternalTypes: false, preciseMath: true } as const;

/** The elements and types of each version, and how a resource of it is entered. */
const FHIR_MODELS = {
  '4.0': { model: r4, rootOf: compile('$this', r4, ROOT_OPTIONS) },
  '5.0': { model: r5, rootOf: compile('$this', r5, ROOT_OPTIONS) },
} as const satisfies Record<FhirVersion, unknown>;

/** The versions in `fhirVersion` that are read here. A view for both must mean the same in both, and is read as R4. */
function readFhirVersions(view: ViewDefinition): readonly FhirVersion[] {
  const named: readonly unknown[] = Array.isArray(view.fhirVersion) ? view.fhirVersion : [];
  const known = named.flatMap((each) => parseFhirVersion(String(each)) ?? []);
  if (named.length === 0) return ['4.0'];
  if (known.length > 0) return [...new Set(known)];
  throw createViewFailure(
    'No FHIR version of the view is read here.',
    'fhirVersion',
    'Name 4.0.1, 5.0.0 or both.',
  );
}

/**
 * Checks and compiles a ViewDefinition. Throws a `library/invalid` Failure at the first fault, with its place in the
 * view and the fix. Source: SQL on FHIR, ViewDefinition (2.0, with `repeat` and `%rowIndex` of the 3.0 ballot).
 */
export function compileView(definition: unknown): CompiledView {
  const view = parseViewDefinition(definition);
  if (!isResourceType(view.resource)) {
    throw createViewFailure(
      `"${view.resource}" is not a resource type of R4.`,
      'resource',
      'Name one, such as Observation.',
    );
  }
  const fhirVersions = readFhirVersions(view);
  const { model, rootOf } = FHIR_MODELS[fhirVersions.includes('4.0') ? '4.0' : '5.0'];
  const terms = { constants: toEngineConstants(view.constant ?? []), model };
  const where = (view.where ?? []).map((w, i) => compileExpression(w.path, `where[${i}].path`, terms));
  const selection = compileSelect({ select: view.select }, '', terms);
  checkColumnNames(selection.columns);
  const cellsOf = (resource: Resource): CellRows => {
    if (resource.resourceType !== view.resource) return [];
    const root = rootOf(toEngineTree(resource))[0] as FhirPathItem;
    const scope: EvaluationScope = { root, rowIndex: 0 };
    return where.every((condition) => isConditionMet(condition, scope)) ? selection.rows(root, scope) : [];
  };
  return {
    name: view.name ?? view.resource,
    resource: view.resource,
    fhirVersions,
    columns: selection.columns,
    listRows: (resource) => cellsOf(resource).map((cells) => buildRow(selection.columns, cells)),
    traceRows: (resource) =>
      cellsOf(resource).map((cells) => ({
        row: buildRow(selection.columns, cells),
        cells: cells.map((cell, i) => ({ column: selection.columns[i]?.name ?? '', ...cell })),
      })),
  };
}

/** The rows of one resource, in the order of its elements; none where it is of another type or `where` excludes it. */
export function runView(view: CompiledView, resource: Resource): readonly ViewRow[] {
  return view.listRows(resource);
}

function isResourceType(name: string): boolean {
  const parent = Object.hasOwn(r4.type2Parent, name) ? r4.type2Parent[name] : undefined;
  return (parent === 'DomainResource' || parent === 'Resource') && name !== 'DomainResource';
}

function checkColumnNames(columns: readonly ViewColumnInfo[]): void {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name))
      throw createViewFailure(`Two columns are called "${name}".`, 'select', 'Rename one of them.');
    names.add(name);
  }
}

/** `where` keeps a resource for true only: nothing and false leave it out, and anything else is a fault. */
function isConditionMet(condition: CompiledExpression, scope: EvaluationScope): boolean {
  const found = condition.evaluate([scope.root], scope).filter(hasValue);
  const value = found[0] === undefined ? false : unwrapValue(found[0]);
  if (found.length <= 1 && typeof value === 'boolean') return value;
  throw new Failure(
    'fhir/invalid',
    `The view's condition "${condition.text}" is neither true nor false here.`,
    {
      at: locateFocus([], scope),
      spec: `SQL on FHIR, ViewDefinition.${condition.at}`,
      fix: 'Let the condition give one boolean: add .exists() or a comparison.',
    },
  );
}

function buildRow(columns: readonly ViewColumnInfo[], cells: readonly ViewCell[]): ViewRow {
  const values: Record<string, unknown> = {};
  const elements: Record<string, string> = {};
  for (const [i, cell] of cells.entries()) {
    const name = columns[i]?.name ?? '';
    values[name] = cell.value;
    elements[name] = cell.element;
  }
  return { values, elements };
}
