import { compile, type Model, type ResourceNode } from 'fhirpath';
import { toEngineTree } from '../engine-tree.ts';
import type { ElementType } from './element-type.ts';
import type { TreeNode } from './tree-node.ts';

const ROOT_OPTIONS = { resolveInternalTypes: false, preciseMath: true } as const;

/** The class of the engine's nodes, which it does not export. */
type ResourceNodeClass = new (
  context: unknown,
  data: unknown,
  parent: ResourceNode | null,
  path: string | null,
  extra: unknown,
  fhirType: string | null,
  name: string | null,
  index: number | null,
) => ResourceNode & { readonly ctx: unknown; convertData(): unknown };

/** Creates the engine's nodes for the elements of one FHIR version. */
export interface EngineNodes {
  /** Returns the root element of a resource, with its numbers in the engine's type. */
  createRoot(resource: unknown): ResourceNode;
  /** Returns the same element for the engine: its ancestors, types and numbers are the engine's. */
  toEngineNode(node: TreeNode): ResourceNode;
  /** Returns a node of the type without a value, to ask the engine about the type. */
  createTypedNode(type: ElementType): ResourceNode;
  /** Compiles an expression for one of the engine's nodes. */
  compileForNodes(expression: string): (node: ResourceNode) => readonly unknown[];
  /** Returns the value with which the engine computes: its date, decimal or Quantity. Throws where it refuses the value. */
  convertValue(node: TreeNode): unknown;
}

const created = new Map<Model, EngineNodes>();

/** Returns the maker of the engine's nodes for a model. */
export function getEngineNodes(model: Model): EngineNodes {
  const nodes = created.get(model) ?? createEngineNodes(model);
  created.set(model, nodes);
  return nodes;
}

function createEngineNodes(model: Model): EngineNodes {
  const selectRoot = compile('$this', model, ROOT_OPTIONS);
  const createRoot = (resource: unknown) =>
    selectRoot(toEngineTree(resource))[0] as InstanceType<ResourceNodeClass>;
  const sample = createRoot({ resourceType: 'Basic' });
  const NodeClass = sample.constructor as ResourceNodeClass;
  const createChild = ({ data, extra, type, name, index }: TreeNode, parent: ResourceNode | null) =>
    new NodeClass(
      sample.ctx,
      toEngineTree(data),
      parent,
      type.path,
      toEngineTree(extra),
      type.fhirType,
      name,
      index,
    );
  const toEngineNode = (node: TreeNode): ResourceNode => {
    node.engineNode ??= node.parent ? createChild(node, toEngineNode(node.parent)) : createRoot(node.data);
    return node.engineNode as ResourceNode;
  };
  return {
    createRoot,
    toEngineNode,
    createTypedNode: ({ path, fhirType }) =>
      new NodeClass(sample.ctx, null, null, path, null, fhirType, null, null),
    compileForNodes(expression) {
      const select = compile(expression, model, ROOT_OPTIONS);
      return (node) => select([node]) as readonly unknown[];
    },
    convertValue: (node) => createChild(node, null).convertData(),
  };
}
