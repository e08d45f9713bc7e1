import type { Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import r5 from 'fhirpath/fhir-context/r5';
import { Failure } from '../../errors.ts';
import { type FhirVersion, parseFhirVersion } from '../../fhir/fhir-version.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { RowParts, ViewColumnInfo } from './compile-column.ts';
import {
  type CompiledExpression,
  compileExpression,
  type EvaluationScope,
  locateFocus,
} from './compile-expression.ts';
import { compileSelect } from './compile-select.ts';
import { createPartCompiler } from './compiled/compile-program.ts';
import { ElementTypes } from './compiled/element-type.ts';
import { getEngineNodes } from './compiled/engine-node.ts';
import { SharedParts } from './compiled/shared-parts.ts';
import { createRootNode } from './compiled/tree-node.ts';
import { toEngineConstants } from './engine-constants.ts';
import { hasValue, unwrapValue } from './fhirpath-items.ts';
import { createViewFailure, parseViewDefinition, type ViewDefinition } from './view-definition.ts';
import { ViewRow } from './view-row.ts';

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
}

/** The elements and types of each FHIR version. */
const FHIR_MODELS = { '4.0': r4, '5.0': r5 } as const satisfies Record<FhirVersion, unknown>;

/** How a view is compiled. */
interface ViewOptions {
  /** Whether the FHIRPath engine evaluates every expression: the rows are the same, which the tests compare. */
  readonly isInterpreted?: boolean;
}

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
export function compileView(definition: unknown, { isInterpreted = false }: ViewOptions = {}): CompiledView {
  const view = parseViewDefinition(definition);
  if (!isResourceType(view.resource)) {
    throw createViewFailure(
      `"${view.resource}" is not a resource type of R4.`,
      'resource',
      'Use a resource type, such as Observation.',
    );
  }
  const fhirVersions = readFhirVersions(view);
  const model = FHIR_MODELS[fhirVersions.includes('4.0') ? '4.0' : '5.0'];
  const constants = toEngineConstants(view.constant ?? []);
  const types = new ElementTypes(model);
  const engine = getEngineNodes(model);
  const isCompiled = !isInterpreted && types.isTypeName(view.resource);
  const parts = new SharedParts();
  const compiler = isCompiled ? createPartCompiler({ types, engine, constants, parts }) : null;
  const names = { constants, model, compiler };
  const where = (view.where ?? []).map(({ path }, i) => compileExpression(path, `where[${i}].path`, names));
  const selection = compileSelect({ select: view.select }, '', names);
  checkColumnNames(selection.columns);
  const selectRows = (resource: Resource): readonly RowParts[] => {
    if (resource.resourceType !== view.resource) return [];
    const root = isCompiled ? createRootNode(resource, types) : engine.createRoot(resource);
    const scope: EvaluationScope = {
      root,
      rowIndex: 0,
      sharedFocus: new Array(parts.slotCount),
      sharedItems: new Array(parts.slotCount),
    };
    return where.every((condition) => isConditionMet(condition, scope, model))
      ? selection.rows(root, scope)
      : [];
  };
  return {
    name: view.name ?? view.resource,
    resource: view.resource,
    fhirVersions,
    columns: selection.columns.map(({ name, type, collection }) => ({ name, type, collection })),
    listRows: (resource) => selectRows(resource).map((rowParts) => new ViewRow(rowParts)),
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
function isConditionMet(condition: CompiledExpression, scope: EvaluationScope, model: Model): boolean {
  const items = condition.evaluate(scope.root, scope).filter(hasValue);
  const value = items[0] === undefined ? false : unwrapValue(items[0]);
  if (items.length <= 1 && typeof value === 'boolean') return value;
  throw new Failure(
    'fhir/invalid',
    `The condition "${condition.text}" of the view is neither true nor false for this resource.`,
    {
      at: locateFocus(null, scope, model),
      spec: `SQL on FHIR, ViewDefinition.${condition.at}`,
      fix: 'Make the condition return one boolean: add .exists() or a comparison.',
    },
  );
}
