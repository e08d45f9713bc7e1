/** A FHIR definition as read from a file. */
export interface DefinitionResource {
  readonly resourceType?: string;
  readonly id?: string;
  readonly url?: string;
  readonly [element: string]: unknown;
}
