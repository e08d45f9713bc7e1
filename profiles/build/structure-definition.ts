import type { DefinitionResource } from './definition-resource.ts';

/** The part of an ElementDefinition that the build reads (FHIR R4). */
export interface ElementDefinition {
  readonly id: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly slicing?: { readonly discriminator?: readonly { readonly type: string; readonly path: string }[] };
  readonly min?: number;
  readonly max?: string;
  readonly type?: readonly {
    readonly code: string;
    readonly extension?: readonly { readonly url: string; readonly valueUrl?: string }[];
    readonly profile?: readonly string[];
    readonly targetProfile?: readonly string[];
  }[];
  /** Where the element was first defined: `DomainResource.text` for `Observation.text`. */
  readonly base?: { readonly path: string };
  readonly representation?: readonly string[];
  /** `#` and the path of the element whose content this one repeats. */
  readonly contentReference?: string;
  readonly binding?: { readonly strength: string; readonly valueSet?: string };
  readonly constraint?: readonly {
    readonly key: string;
    readonly severity: string;
    readonly human: string;
    readonly expression?: string;
  }[];
  readonly [element: string]: unknown;
}

/** The part of a StructureDefinition that the build reads. */
export interface StructureDefinition extends DefinitionResource {
  readonly url: string;
  readonly type: string;
  readonly kind: string;
  readonly baseDefinition?: string;
  readonly derivation?: string;
  readonly snapshot: { readonly element: readonly ElementDefinition[] };
  readonly differential: { readonly element: readonly ElementDefinition[] };
}

export function isStructureDefinition(resource: DefinitionResource): resource is StructureDefinition {
  return resource.resourceType === 'StructureDefinition';
}

/** Returns a canonical without its version. */
export const stripVersion = (canonical: string): string => canonical.replace(/\|.*$/, '');

/** Returns the value of fixed[x] or pattern[x]; undefined where the element has neither. */
export function findPattern(element: ElementDefinition): unknown {
  const key = Object.keys(element).find((name) => /^(fixed|pattern)[A-Z]/.test(name));
  return key === undefined ? undefined : element[key];
}
