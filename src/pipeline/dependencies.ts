import type { FhirVersion } from '../fhir/fhir-version.ts';
import type { OutcomeIssue } from '../fhir/operation-outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Seal } from '../intake/seal.ts';
import type { MappingContext, MappingResult } from '../mapping/mapping-result.ts';
import type { Store } from '../store/store.ts';

/** What the pipeline needs to know of a site. */
export interface SiteContext {
  readonly site: string;
  readonly timeZone: string;
  /** The site's own FHIR base, where configured: absolute references under it are its patients. */
  readonly ehrBase: string | null;
  map(resource: Resource, context: MappingContext): MappingResult;
}

/** What the pipeline is built from; `now` is the only clock. */
export interface PipelineDependencies {
  readonly store: Store;
  readonly seal: Seal;
  readonly studies: readonly string[];
  /** Days for which payloads about patients who are not enrolled are held sealed; null: dropped at once. */
  readonly sealDays: number | null;
  siteContext(id: string): SiteContext;
  validate(
    resource: unknown,
    version?: FhirVersion,
  ): { readonly resource: Resource } | { readonly issues: readonly OutcomeIssue[] };
  now(): Date;
}
