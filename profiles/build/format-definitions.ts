import type { DefinitionResource } from './definition-resource.ts';
import {
  type ElementDefinition,
  isStructureDefinition,
  type StructureDefinition,
} from './structure-definition.ts';

/**
 * An extension slice that says its url only by the extension's profile is not found by validators that look at the
 * elements alone: a required slice never matches. In the snapshot the url is said outright, as R4 allows.
 */
export function addExtensionUrls(definition: StructureDefinition): StructureDefinition {
  const { snapshot } = definition;
  return {
    ...definition,
    snapshot: { ...snapshot, element: snapshot.element.flatMap(addExtensionUrl(snapshot.element)) },
  };
}

function addExtensionUrl(all: readonly ElementDefinition[]) {
  return (element: ElementDefinition): ElementDefinition[] => {
    const profile = element.type?.find(({ code }) => code === 'Extension')?.profile?.[0];
    const id = `${element.id}.url`;
    if (!element.sliceName || !profile || all.some((each) => each.id === id)) return [element];
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

/** Our definitions as they are checked in: in a fixed order, by file name. */
export function formatDefinitions(resources: readonly DefinitionResource[]): ReadonlyMap<string, string> {
  const files = resources.map((resource): [string, string] => {
    const done = isStructureDefinition(resource) ? addExtensionUrls(resource) : resource;
    return [`${resource.resourceType}-${resource.id}.json`, `${JSON.stringify(done, null, 1)}\n`];
  });
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}
