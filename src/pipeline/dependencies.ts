import type { FhirVersion } from '../fhir/fhir-version.ts';
import type { OutcomeIssue } from '../fhir/operation-outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Seal } from '../intake/seal.ts';
import type { MappingContext, MappingResult } from '../mapping/mapping-result.ts';
import type { Store } from '../store/store.ts';

/** A site as the pipeline needs it: its configuration, and the mapping library in use there. */
export interface SiteContext {
  readonly site: string;
  /** IANA name of the time zone in which the site's calendar days are counted. */
  readonly timeZone: string;
  /** The site's own FHIR base; null where none is configured. Absolute references under it name the site's patients. */
  readonly ehrBase: string | null;
  /** Whether the number may be that of a subject of the site, as the configuration says. */
  mayUseSubjectNumber(number: string): boolean;
  map(resource: Resource, context: MappingContext): MappingResult;
  /** Lists the visits of a study's protocol; null where the library does not have the study. */
  listVisits(study: string): readonly string[] | null;
}

/** Everything that the pipeline depends on. */
export interface PipelineDependencies {
  readonly store: Store;
  readonly seal: Seal;
  /** Ids of the studies in the library. */
  readonly studies: readonly string[];
  /** The days for which payloads about patients who are not enrolled stay sealed; null: they are dropped at once. */
  readonly sealDays: number | null;
  getSiteContext(site: string): SiteContext;
  validate(
    resource: unknown,
    version?: FhirVersion,
  ): { readonly resource: Resource } | { readonly issues: readonly OutcomeIssue[] };
  /** Milliseconds that have passed, by which work is divided into turns; absent: those of this process. */
  elapsed?(): number;
  /** The only clock of the pipeline. */
  now(): Date;
}
