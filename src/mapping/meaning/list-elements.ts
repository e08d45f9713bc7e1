import { isObject, type JsonObject } from '../../fhir/resource.ts';

/** A value and the FHIRPath of its element, with the index of each list on the way. */
export interface FoundElement {
  readonly value: unknown;
  readonly element: string;
}

/** Adds the values of a child element to `found`: those of a list one by one. */
function addChildren({ value, element }: FoundElement, name: string, found: FoundElement[]): void {
  const child = isObject(value) ? value[name] : undefined;
  if (child === undefined || child === null) return;
  const at = `${element}.${name}`;
  if (Array.isArray(child))
    child.forEach((item: unknown, i) => {
      found.push({ value: item, element: `${at}[${i}]` });
    });
  else found.push({ value: child, element: at });
}

function listChildElements(parent: FoundElement, name: string): readonly FoundElement[] {
  const found: FoundElement[] = [];
  addChildren(parent, name, found);
  return found;
}

function listExtensionValues(parent: FoundElement, url: string): readonly FoundElement[] {
  return listChildElements(parent, 'extension').flatMap(({ value: extension, element }) => {
    if (!isObject(extension) || extension.url !== url) return [];
    const name = Object.keys(extension).find((key) => key.startsWith('value'));
    return [{ value: name === undefined ? null : extension[name], element }];
  });
}

/** A path of the meaning table, taken apart: `collection.bodySite`, or `extension(URL)`, an extension of the resource. */
export interface ElementPath {
  readonly path: string;
  /** The URL of an extension; null for elements. */
  readonly url: string | null;
  /** The names on the way, from the resource down. */
  readonly names: readonly [string, ...string[]];
}

/** Parses a path of the meaning table. */
export function parseElementPath(path: string): ElementPath {
  const url = /^extension\((.*)\)$/.exec(path)?.[1] ?? null;
  if (url !== null) return { path, url, names: ['extension'] };
  const [first = '', ...others] = path.split('.');
  return { path, url, names: [first, ...others] };
}

/**
 * Lists the values at a path of the meaning table: of an extension its values (null for an extension without a value). Empty
 * where nothing was sent.
 */
export function listElementsAt(
  resource: JsonObject,
  { url, names }: ElementPath,
  at: string,
): readonly FoundElement[] {
  if (resource[names[0]] === undefined) return [];
  const root = { value: resource, element: at };
  if (url !== null) return listExtensionValues(root, url);
  let found: readonly FoundElement[] = [root];
  for (const name of names) {
    const children: FoundElement[] = [];
    for (const parent of found) addChildren(parent, name, children);
    found = children;
  }
  return found;
}
