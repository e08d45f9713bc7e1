import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { FhirVersion } from '../fhir/version.ts';
import type { Seal } from '../intake/seal.ts';
import type { Mapped, MappingContext } from '../mapping/mapped.ts';
import type { Store } from '../store/store.ts';

/** What the pipeline needs to know of a site. */
export interface SiteDialect {
  readonly site: string;
  readonly timeZone: string;
  /** The site's own FHIR base, where configured: absolute references under it are its patients. */
  readonly ehrBase: string | null;
  map(resource: Resource, context: MappingContext): Mapped;
}

/** What the pipeline is built from; `now` is the only clock. */
export interface PipelineParts {
  readonly store: Store;
  readonly seal: Seal;
  readonly studies: readonly string[];
  /** Days for which payloads about patients who are not enrolled are held sealed; null: dropped at once. */
  readonly sealDays: number | null;
  site(id: string): SiteDialect;
  validate(
    resource: unknown,
    version?: FhirVersion,
  ): { readonly resource: Resource } | { readonly issues: readonly Issue[] };
  now(): Date;
}
