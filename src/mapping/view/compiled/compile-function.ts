import type { FhirPathItem } from '../fhirpath-items.ts';
import { getResourceKeys, listReferenceKeys } from '../key-functions.ts';
import { type PathSyntax, readFunctionCall } from '../syntax-tree.ts';
import type { ElementType } from './element-type.ts';
import { NOT_COVERED } from './not-covered.ts';
import { type Condition, type Items, type PartCompiler, readBoolean, type Step } from './program.ts';
import { EMPTY, isPlainObject, listChildren, TreeNode } from './tree-node.ts';

/** A compiled function that answers with a boolean, for its input. */
export type ConditionStep = (input: Items, ...rest: Parameters<Condition>) => boolean | null;

/** Compiles a criterion: whether an item is kept. As by the engine, an element is kept whatever its value is. */
function compileCriterion(node: PathSyntax, compiler: PartCompiler): Condition | null {
  const condition = compiler.compileCondition(node, true);
  if (condition) return condition;
  const program = compiler.compileProgram(node, true);
  return program && ((focus, run) => Boolean(program(focus, run)[0]));
}

function compileWhere([criterion]: readonly PathSyntax[], compiler: PartCompiler): Step | null {
  const isKept = criterion ? compileCriterion(criterion, compiler) : null;
  if (!isKept) return null;
  return (input, _focus, run) => {
    if (input.length === 0) return EMPTY;
    const first = input[0];
    if (first !== undefined && input.length === 1) return isKept(first, run) === true ? input : EMPTY;
    return input.filter((item) => isKept(item, run) === true);
  };
}

/** Reads the extensions of an element; those of a primitive were sent under the name with an underscore. */
function readExtensions(item: FhirPathItem): readonly unknown[] {
  if (!(item instanceof TreeNode)) throw NOT_COVERED;
  const own = isPlainObject(item.data) ? item.data.extension : undefined;
  const extensions = own || (isPlainObject(item.extra) ? item.extra.extension : undefined);
  if (!extensions) return EMPTY;
  if (!Array.isArray(extensions)) throw NOT_COVERED;
  return extensions;
}

/** Whether a value is an extension with the URL. Signals what the engine would refuse, or take for a resource. */
function isExtensionWithUrl(extension: unknown, url: string): boolean {
  if (extension === null || extension === undefined) throw NOT_COVERED;
  if (!isPlainObject(extension) || extension.url !== url) return false;
  if (extension.resourceType) throw NOT_COVERED;
  return true;
}

/** The text of an argument that is a literal without escapes. */
function readLiteralArgument(node: PathSyntax | undefined): string | null {
  return (node && /^'([^'\\]+)'$/.exec(node.token)?.[1]) ?? null;
}

function compileExtension([argument]: readonly PathSyntax[], { context }: PartCompiler): Step | null {
  const url = readLiteralArgument(argument);
  if (url === null) return null;
  let known: ElementType | null = null;
  return (input) => {
    if (input.length === 0) return EMPTY;
    known ??= context.types.getExtensionType();
    const type = known;
    const found: TreeNode[] = [];
    for (const item of input)
      for (const [index, extension] of readExtensions(item).entries())
        if (isExtensionWithUrl(extension, url))
          found.push(new TreeNode(extension, null, item as TreeNode, type, 'extension', 'extension', index));
    return found;
  };
}

/** Compiles `ofType()`. Whether a type of elements is one of the named type is asked of the engine, once. */
function compileOfType([argument]: readonly PathSyntax[], { context }: PartCompiler): Step | null {
  const { engine } = context;
  const name = argument?.token ?? '';
  if (!/^[A-Za-z0-9]+$/.test(name)) return null;
  const selectOfType = engine.compileForNodes(`ofType(${name})`);
  const known = new Map<ElementType, boolean>();
  const askEngine = (type: ElementType): boolean => {
    const answer = selectOfType(engine.createTypedNode(type)).length > 0;
    known.set(type, answer);
    return answer;
  };
  let lastType: ElementType | null = null;
  let lastAnswer = false;
  const isOfType = (item: FhirPathItem): boolean => {
    if (!(item instanceof TreeNode) || item.type.fhirType === null) throw NOT_COVERED;
    if (item.type === lastType) return lastAnswer;
    lastAnswer = known.get(item.type) ?? askEngine(item.type);
    lastType = item.type;
    return lastAnswer;
  };
  return (input) => {
    if (input.length === 0) return EMPTY;
    const first = input[0];
    if (first !== undefined && input.length === 1) return isOfType(first) ? input : EMPTY;
    return input.filter(isOfType);
  };
}

function compileJoin([argument]: readonly PathSyntax[], _compiler: PartCompiler): Step | null {
  const separator = argument === undefined ? '' : readLiteralArgument(argument);
  if (separator === null) return null;
  return (input) => {
    const values = input.map((item) => (item instanceof TreeNode ? item.data : item));
    const texts = values.filter((value) => value !== null && value !== undefined);
    if (texts.some((value) => typeof value !== 'string')) throw NOT_COVERED;
    return texts.length === 0 ? EMPTY : [texts.join(separator)];
  };
}

const compileResourceKey = (): Step => (input) => getResourceKeys(input);

function compileReferenceKey([argument]: readonly PathSyntax[], { context }: PartCompiler): Step | null {
  const { types } = context;
  const typeName = argument?.token;
  if (typeName !== undefined && !/^[A-Za-z0-9]+$/.test(typeName)) return null;
  const nameIndex = types.getNameIndex('reference');
  const listReferences = (item: FhirPathItem): Items => {
    if (!(item instanceof TreeNode)) throw NOT_COVERED;
    return listChildren(item, nameIndex, types);
  };
  return (input) => input.flatMap((item) => listReferenceKeys(item, typeName, listReferences));
}

const compileFirst = (): Step => (input) =>
  input[0] === undefined || input.length === 1 ? input : [input[0]];

const compileLast = (): Step => (input) => {
  const last = input.at(-1);
  return last === undefined || input.length === 1 ? input : [last];
};

type StepCompiler = (argumentNodes: readonly PathSyntax[], compiler: PartCompiler) => Step | null;

/** The functions whose results are elements or texts. Their argument counts have been checked. */
const STEP_COMPILERS: ReadonlyMap<string, StepCompiler> = new Map([
  ['where', compileWhere],
  ['extension', compileExtension],
  ['ofType', compileOfType],
  ['first', compileFirst],
  ['last', compileLast],
  ['join', compileJoin],
  ['getResourceKey', compileResourceKey],
  ['getReferenceKey', compileReferenceKey],
]);

/** Compiles the call of a function that returns elements or texts; null for a function that is not covered. */
export function compileFunctionStep(node: PathSyntax, compiler: PartCompiler): Step | null {
  const { name, argumentNodes } = readFunctionCall(node);
  return STEP_COMPILERS.get(name)?.(argumentNodes, compiler) ?? null;
}

function compileExists(argumentNodes: readonly PathSyntax[], compiler: PartCompiler): ConditionStep | null {
  if (argumentNodes.length === 0) return (input) => input.length > 0;
  const selectKept = compileWhere(argumentNodes, compiler);
  return selectKept && ((input, focus, run) => selectKept(input, focus, run).length > 0);
}

/** Compiles the call of a function that answers with a boolean; null for any other. */
export function compileConditionStep(node: PathSyntax, compiler: PartCompiler): ConditionStep | null {
  const { name, argumentNodes } = readFunctionCall(node);
  if (name === 'exists') return compileExists(argumentNodes, compiler);
  if (name === 'empty') return (input) => input.length === 0;
  if (name !== 'not') return null;
  return (input) => {
    const value = readBoolean(input);
    return value === null ? null : !value;
  };
}
