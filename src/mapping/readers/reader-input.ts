import type { Resource } from '../../fhir/resource.ts';
import type { CompiledMappings } from '../compile-mappings.ts';
import type { MappingContext } from '../mapping-result.ts';

/** One resource that is being read. */
export interface ReaderInput {
  readonly mappings: CompiledMappings;
  readonly context: MappingContext;
  /** The resource that was sent: the source of every fact, and the container of what is contained. */
  readonly resource: Resource;
  /** The FHIRPath of what is read: `Observation`, or `DiagnosticReport.contained[1]`. */
  readonly at: string;
}
