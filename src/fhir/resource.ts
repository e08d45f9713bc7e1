/** A FHIR resource as received: a plain tree; only its type has been checked. */
export interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly [element: string]: unknown;
}

/** A JSON object that is read and never written to. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is an object and not a list. A LosslessNumber is an object too. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
