import type { DefinitionResource } from './definition-resource.ts';
import {
  type ElementDefinition,
  isStructureDefinition,
  type StructureDefinition,
} from './structure-definition.ts';

/**
 * Adds the url of each extension slice to the snapshot, as R4 allows. Validators that read only the elements, and not the
 * extension's profile, otherwise never match a required slice.
 */
function addExtensionUrls(definition: StructureDefinition): StructureDefinition {
  const { snapshot } = definition;
  return {
    ...definition,
    snapshot: { ...snapshot, element: snapshot.element.flatMap(addExtensionUrl(snapshot.element)) },
  };
}

function addExtensionUrl(elements: readonly ElementDefinition[]) {
  return (element: ElementDefinition): ElementDefinition[] => {
    const profile = element.type?.find(({ code }) => code === 'Extension')?.profile?.[0];
    const id = `${element.id}.url`;
    if (!element.sliceName || !profile || elements.some((other) => other.id === id)) return [element];
    const url = {
      id,
      path: `${element.path}.url`,
      short: 'identifies the meaning of the extension',
      definition: 'The canonical of the extension.',
      min: 1,
      max: '1',
      base: { path: 'Extension.url', min: 1, max: '1' },
      type: [{ code: 'uri' }],
      fixedUri: profile,
    };
    return [element, url];
  };
}

/** Formats the adapter's definitions as they are checked in, sorted by file name. */
export function formatDefinitions(resources: readonly DefinitionResource[]): ReadonlyMap<string, string> {
  const files = resources.map((resource): [string, string] => {
    const definition = isStructureDefinition(resource) ? addExtensionUrls(resource) : resource;
    return [`${resource.resourceType}-${resource.id}.json`, `${JSON.stringify(definition, null, 1)}\n`];
  });
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}
