import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import r5 from 'fhirpath/fhir-context/r5';
import { Failure } from '../../errors.ts';
import { type FhirVersion, parseFhirVersion } from '../../fhir/fhir-version.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { CellRows, SelectedCell, ViewCell, ViewColumnInfo } from './compile-column.ts';
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

/** One row of a view: its values by column name, in column order, with their origins. */
export interface ViewRow {
  /** null if missing; collection columns are arrays; numbers are WireNumbers (`1.50` stays `1.50`). */
  readonly values: Readonly<Record<string, unknown>>;
  /** FHIRPath of each value, with indices. If it is missing or was computed: of the element of the row. */
  readonly elements: Readonly<Record<string, string>>;
  /** For each collection column the parent element of each value, such as the Coding of `code.coding.code`. */
  readonly parents: Readonly<Record<string, readonly unknown[]>>;
  /** For each collection column the FHIRPath of each value, with indices; empty for a computed value. */
  readonly origins: Readonly<Record<string, readonly string[]>>;
}

/** A view that has been parsed and checked, and can be run on any number of resources. */
export interface CompiledView {
  readonly name: string;
  /** The resource type that the view reads. */
  readonly resource: string;
  /** The FHIR versions that it reads; R4 if it names none. */
  readonly fhirVersions: readonly FhirVersion[];
  readonly columns: readonly ViewColumnInfo[];
  /** Returns the rows of a resource, in the order of its elements; empty for another type, or if `where` excludes it. */
  readonly listRows: (resource: Resource) => readonly ViewRow[];
  /** Returns the same rows with the expression of every value. */
  readonly traceRows: (resource: Resource) => readonly ViewRowTrace[];
}

/** A row, and for each of its columns the expression, the matching element and the value. */
export interface ViewRowTrace {
  readonly row: ViewRow;
  readonly cells: readonly (ViewCell & { readonly column: string })[];
}

const ROOT_OPTIONS = { resolveInternalTypes: false, preciseMath: true } as const;

/** The elements and types of each FHIR version, and the expression that turns a resource into the root element. */
const FHIR_MODELS = {
  '4.0': { model: r4, selectRoot: compile('$this', r4, ROOT_OPTIONS) },
  '5.0': { model: r5, selectRoot: compile('$this', r5, ROOT_OPTIONS) },
} as const satisfies Record<FhirVersion, unknown>;

/** Returns the supported FHIR versions of a view. A view for both must mean the same in both, and is compiled as R4. */
function readFhirVersions(view: ViewDefinition): readonly FhirVersion[] {
  const named: readonly unknown[] = Array.isArray(view.fhirVersion) ? view.fhirVersion : [];
  const supported = named.flatMap((version) => parseFhirVersion(String(version)) ?? []);
  if (named.length === 0) return ['4.0'];
  if (supported.length > 0) return [...new Set(supported)];
  throw createViewFailure(
    'The view names no supported FHIR version.',
    'fhirVersion',
    'Set it to 4.0.1, 5.0.0 or both.',
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
      'Use a resource type, such as Observation.',
    );
  }
  const fhirVersions = readFhirVersions(view);
  const { model, selectRoot } = FHIR_MODELS[fhirVersions.includes('4.0') ? '4.0' : '5.0'];
  const names = { constants: toEngineConstants(view.constant ?? []), model };
  const where = (view.where ?? []).map(({ path }, i) => compileExpression(path, `where[${i}].path`, names));
  const selection = compileSelect({ select: view.select }, '', names);
  checkColumnNames(selection.columns);
  const selectCells = (resource: Resource): CellRows => {
    if (resource.resourceType !== view.resource) return [];
    const root = selectRoot(toEngineTree(resource))[0] as FhirPathItem;
    const scope: EvaluationScope = { root, rowIndex: 0 };
    return where.every((condition) => isConditionMet(condition, scope)) ? selection.rows(root, scope) : [];
  };
  return {
    name: view.name ?? view.resource,
    resource: view.resource,
    fhirVersions,
    columns: selection.columns,
    listRows: (resource) => selectCells(resource).map((cells) => buildRow(selection.columns, cells)),
    traceRows: (resource) =>
      selectCells(resource).map((cells) => ({
        row: buildRow(selection.columns, cells),
        cells: cells.map(({ parents: _parents, origins: _origins, ...cell }, i) => ({
          column: selection.columns[i]?.name ?? '',
          ...cell,
        })),
      })),
  };
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

/** Whether a `where` condition is true. Empty and false exclude the resource; anything else throws `fhir/invalid`. */
function isConditionMet(condition: CompiledExpression, scope: EvaluationScope): boolean {
  const items = condition.evaluate([scope.root], scope).filter(hasValue);
  const value = items[0] === undefined ? false : unwrapValue(items[0]);
  if (items.length <= 1 && typeof value === 'boolean') return value;
  throw new Failure(
    'fhir/invalid',
    `The condition "${condition.text}" of the view is neither true nor false for this resource.`,
    {
      at: locateFocus([], scope),
      spec: `SQL on FHIR, ViewDefinition.${condition.at}`,
      fix: 'Make the condition return one boolean: add .exists() or a comparison.',
    },
  );
}

function buildRow(columns: readonly ViewColumnInfo[], cells: readonly SelectedCell[]): ViewRow {
  const values: Record<string, unknown> = {};
  const elements: Record<string, string> = {};
  const parents: Record<string, readonly unknown[]> = {};
  const origins: Record<string, readonly string[]> = {};
  for (const [i, cell] of cells.entries()) {
    const name = columns[i]?.name ?? '';
    values[name] = cell.value;
    elements[name] = cell.element;
    parents[name] = cell.parents;
    origins[name] = cell.origins;
  }
  return { values, elements, parents, origins };
}
