import type { InteractionHandler } from '../../../src/fhir/ingest.ts';
import { ingestDocument, ingestLines } from '../../../src/fhir/ingest.ts';
import type { InteractionResult } from '../../../src/fhir/interaction.ts';
import { parseJson, stringifyJson } from '../../../src/fhir/lossless-json.ts';
import type { NdjsonLine } from '../../../src/fhir/ndjson.ts';
import { parseInteraction } from '../../../src/fhir/parse-interaction.ts';
import { createAcceptInteractions } from '../../../src/pipeline/receive/accept-interactions.ts';
import { type PipelineSandbox, SANDBOX_SITE } from '../pipeline-sandbox.ts';
import { buildBundleEntry, buildCaseResource, type ResourceShorthand } from './case-resources.ts';

/** What a hospital sends at once, or what a person does at the trial. */
export type CaseDelivery =
  | (ResourceShorthand & NotGrouped)
  | (Absent<'ndjson' | 'delete' | 'enrol'> & BundleShorthand)
  | (Absent<'bundle' | 'delete' | 'enrol'> & { readonly ndjson: readonly ResourceShorthand[] })
  | (Absent<'bundle' | 'ndjson' | 'enrol'> & { readonly delete: string })
  | (Absent<'bundle' | 'ndjson' | 'delete'> & { readonly enrol: string; readonly as: string });

type Absent<K extends string> = { readonly [key in K]?: undefined };
type NotGrouped = Absent<'bundle' | 'ndjson' | 'delete' | 'enrol'>;

interface BundleShorthand {
  readonly bundle: 'transaction' | 'batch' | 'collection';
  readonly entries: readonly ResourceShorthand[];
}

/** Whether the delivery is one resource, which can also be delivered with others. */
export function isSingleResource(delivery: CaseDelivery): delivery is ResourceShorthand & NotGrouped {
  const { bundle, ndjson, delete: deleted, enrol } = delivery;
  return [bundle, ndjson, deleted, enrol].every((key) => key === undefined);
}

/** Sends deliveries to the pipeline of a sandbox, through the code of the doors. */
export interface CaseSender {
  /** `rebuilding`: how often the sender has built its Bundles again, each time with other urn:uuids. */
  send(delivery: CaseDelivery, rebuilding: number): Promise<void>;
  /** What was refused so far, as `status diagnostics`. */
  readonly refused: readonly string[];
  /** What was answered so far, in order. */
  readonly answers: readonly CaseAnswer[];
}

/** A resource as it reached the pipeline, as text, and its result. */
export interface CaseAnswer {
  readonly text: string;
  readonly result: InteractionResult;
}

/** The text of a resource that is built from the shorthand, as it reaches the pipeline. */
export const formatCaseResource = (shorthand: ResourceShorthand, rebuilding: number): string =>
  stringifyJson(toWire(buildCaseResource(shorthand, rebuilding)));

const UNCONDITIONAL = { query: null, ifNoneExist: null, ifMatch: null };

/** Converts what was built to what a door reads: numbers keep their digits. */
const toWire = (content: unknown): unknown => parseJson(stringifyJson(content));

async function sendResource(shorthand: ResourceShorthand, rebuilding: number, submit: InteractionHandler) {
  const body = toWire(buildCaseResource(shorthand, rebuilding)) as { resourceType: string; id?: string };
  const { door = body.id === undefined ? 'post' : 'put', ifNoneExist, r5 } = shorthand;
  const fhirVersion = r5 ? '5.0' : '4.0';
  const interaction = parseInteraction({
    ...UNCONDITIONAL,
    method: door === 'post' ? 'POST' : 'PUT',
    type: body.resourceType,
    id: door === 'post' ? null : (body.id ?? null),
    ifNoneExist: typeof ifNoneExist === 'string' ? ifNoneExist : null,
    body,
    fhirVersion,
  });
  await submit([interaction], 'each');
}

async function* listLines(
  lines: readonly ResourceShorthand[],
  rebuilding: number,
): AsyncGenerator<NdjsonLine> {
  for (const [index, line] of lines.entries()) {
    const text = stringifyJson(buildCaseResource(line, rebuilding));
    // The place in the stream matters only to a delivery that is resumed.
    yield { number: index + 1, bytes: new TextEncoder().encode(text), end: 0 };
  }
}

function describeRefusal({ status, issues }: InteractionResult): string {
  return `${status} ${issues.map(({ diagnostics }) => diagnostics).join(' ')}`;
}

/** Creates a sender. The clock of the sandbox advances by a minute with each delivery. */
export function createCaseSender(sandbox: PipelineSandbox): CaseSender {
  const accept = createAcceptInteractions(sandbox.parts);
  const refused: string[] = [];
  const answers: CaseAnswer[] = [];
  let minutes = 0;
  const submit: InteractionHandler = async (interactions, grouping) => {
    const results = await accept(SANDBOX_SITE, interactions, grouping, 'test');
    refused.push(...results.filter(({ status }) => status >= 400).map(describeRefusal));
    results.forEach((result, index) => {
      answers.push({ text: stringifyJson(interactions[index]?.resource), result });
    });
    return results;
  };
  return {
    refused,
    answers,
    async send(delivery, rebuilding) {
      minutes += 1;
      sandbox.setClock(new Date(Date.parse('2026-06-01T12:00:00Z') + minutes * 60_000).toISOString());
      if (delivery.enrol !== undefined) return sandbox.enrol(delivery.enrol, delivery.as);
      if (delivery.delete !== undefined) {
        const [type = '', id = ''] = delivery.delete.split('/');
        await sandbox.deleteResource(type, id);
        return;
      }
      if (delivery.bundle === undefined && delivery.ndjson === undefined)
        return sendResource(delivery, rebuilding, submit);
      const before = refused.length;
      const ingested =
        delivery.ndjson !== undefined
          ? await ingestLines(listLines(delivery.ndjson, rebuilding), submit)
          : await ingestDocument(toWire(buildBundle(delivery, rebuilding)), submit);
      // What was refused before it reached the pipeline.
      if (refused.length === before)
        refused.push(...ingested.invalidLines.map(({ issue }) => issue.diagnostics));
    },
  };
}

function buildBundle({ bundle, entries }: BundleShorthand, rebuilding: number): object {
  const entry = entries.map((shorthand) => buildBundleEntry(bundle, shorthand, rebuilding));
  return { resourceType: 'Bundle', type: bundle, entry };
}
