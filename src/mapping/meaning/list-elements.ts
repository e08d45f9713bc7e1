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

/**
 * Lists the values at a path of the meaning table: `collection.bodySite`, or `extension(URL)` for the values of an
 * extension of the resource (null for an extension without a value). Empty where nothing was sent.
 */
export function listElementsAt(resource: JsonObject, path: string, at: string): readonly FoundElement[] {
  const root = { value: resource, element: at };
  const url = /^extension\((.*)\)$/.exec(path)?.[1];
  if (url !== undefined) return listExtensionValues(root, url);
  return path
    .split('.')
    .reduce<readonly FoundElement[]>(
      (found, name) => found.flatMap((parent) => listChildren(parent, name)),
      [root],
    );
}
