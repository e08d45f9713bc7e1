import type { Resource } from '../../fhir/resource.ts';
import type { CompiledMappings } from '../compile-mappings.ts';
import type { MappingContext } from '../mapping-result.ts';

/** The input of every reader in addition to the row. */
export interface ReaderInput {
  readonly mappings: CompiledMappings;
  readonly context: MappingContext;
  /** The resource that was sent: the source of every fact, and the container of its contained resources. */
  readonly resource: Resource;
  /** FHIRPath of the resource that is being read: `Observation`, or `DiagnosticReport.contained[1]`. */
  readonly at: string;
}
