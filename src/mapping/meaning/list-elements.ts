import { isObject, type JsonObject } from '../../fhir/resource.ts';

/** A value and the FHIRPath of its element, with the index of each list on the way. */
export interface FoundElement {
  readonly value: unknown;
  readonly element: string;
}

const expandList = ({ value, element }: FoundElement): readonly FoundElement[] =>
  Array.isArray(value)
    ? value.map((item: unknown, i) => ({ value: item, element: `${element}[${i}]` }))
    : [{ value, element }];

function listChildren({ value, element }: FoundElement, name: string): readonly FoundElement[] {
  const child = isObject(value) ? value[name] : undefined;
  return child === undefined || child === null
    ? []
    : expandList({ value: child, element: `${element}.${name}` });
}

function listExtensionValues(parent: FoundElement, url: string): readonly FoundElement[] {
  return listChildren(parent, 'extension').flatMap(({ value: extension, element }) => {
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
  return names.reduce<readonly FoundElement[]>(
    (found, name) => found.flatMap((parent) => listChildren(parent, name)),
    [root],
  );
}
