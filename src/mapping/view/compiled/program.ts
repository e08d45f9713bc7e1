import type { FhirPathItem } from '../fhirpath-items.ts';
import type { PathSyntax } from '../syntax-tree.ts';
import type { ElementTypes } from './element-type.ts';
import type { EngineNodes } from './engine-node.ts';
import { NOT_COVERED } from './not-covered.ts';
import type { SharedParts } from './shared-parts.ts';
import { EMPTY, TreeNode } from './tree-node.ts';

/** The results of an expression, in order. */
export type Items = readonly FhirPathItem[];

/** What the programs of one view remember while it reads one resource: results of parts that several columns share. */
export interface ViewRun {
  readonly root: FhirPathItem;
  readonly sharedFocus: FhirPathItem[];
  readonly sharedItems: Items[];
}

/** A compiled expression: its results at a focus (`$this`). Signals NOT_COVERED. */
export type Program = (focus: FhirPathItem, run: ViewRun) => Items;

/** A compiled condition; null where the expression is empty. Signals NOT_COVERED. */
export type Condition = (focus: FhirPathItem, run: ViewRun) => boolean | null;

/** A compiled step of a path: its results for those of the step before it. `focus` is `$this`. Signals NOT_COVERED. */
export type Step = (input: Items, focus: FhirPathItem, run: ViewRun) => Items;

/** What the programs of one view have in common. */
export interface ProgramContext {
  readonly types: ElementTypes;
  readonly engine: EngineNodes;
  /** The constants of the view by name, in the engine's types. */
  readonly constants: Readonly<Record<string, unknown>>;
  readonly parts: SharedParts;
}

/**
 * Compiles the parts of expressions; null for what is not covered. `isInner`: within the argument of a function, which is
 * evaluated at each item.
 */
export interface PartCompiler {
  readonly context: ProgramContext;
  /** Makes an expression known: its names, and the parts that it shares with others. All are known before one is compiled. */
  note(node: PathSyntax): void;
  compileProgram(node: PathSyntax, isInner: boolean): Program | null;
  /** Compiles an expression that is a boolean by its form: a comparison, `exists()`, `and`; null for any other. */
  compileCondition(node: PathSyntax, isInner: boolean): Condition | null;
}

const TRUE: Items = Object.freeze([true]);
const FALSE: Items = Object.freeze([false]);

/** Returns a condition as a program. */
export const toProgram =
  (condition: Condition): Program =>
  (focus, run) => {
    const value = condition(focus, run);
    return value === null ? EMPTY : value ? TRUE : FALSE;
  };

/**
 * Returns items as a boolean, as FHIRPath's singleton evaluation does: anything but a boolean is true. null if there is
 * none. Signals several items, which the engine refuses.
 */
export function readBoolean(items: Items): boolean | null {
  if (items.length > 1) throw NOT_COVERED;
  const item = items[0];
  if (item === undefined) return null;
  const value = item instanceof TreeNode ? item.data : item;
  return typeof value === 'boolean' ? value : value === null || value === undefined ? null : true;
}

/** Returns a program that computes once for each focus, and keeps its results in the slot of a run. */
export const rememberItems =
  (program: Program, slot: number): Program =>
  (focus, run) => {
    const found = run.sharedItems[slot];
    if (found !== undefined && run.sharedFocus[slot] === focus) return found;
    const items = program(focus, run);
    run.sharedFocus[slot] = focus;
    run.sharedItems[slot] = items;
    return items;
  };
