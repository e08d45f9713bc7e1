import { stringify } from 'lossless-json';
import type { HospitalDelivery } from './cohort/fhir-elements.ts';
import { type RetryLimits, sendWithRetry } from './send-with-retry.ts';

/** The result of a hospital's deliveries: number of requests and resource versions, and answers by HTTP status. */
interface PushSummary {
  readonly requests: number;
  /** The requests that were sent again, since the connection broke or the adapter was busy. */
  readonly resent: number;
  readonly resources: number;
  readonly statuses: ReadonlyMap<number, number>;
}

/** The adapter as a hospital's interface engine sees it. `onProgress` is called with the versions of each delivery. */
interface PushTarget {
  /** The hospital that sends, for messages. */
  readonly site: string;
  readonly baseUrl: string;
  readonly token: string;
  readonly retryLimits?: RetryLimits;
  onProgress?(resources: number): void;
}

/** Sends a hospital's deliveries one after another with its own token. Throws for any answer other than a success. */
export async function pushDeliveries(
  target: PushTarget,
  deliveries: readonly HospitalDelivery[],
): Promise<PushSummary> {
  const statuses = new Map<number, number>();
  let resources = 0;
  let resent = 0;
  for (const delivery of deliveries) {
    const { status, tries } = await pushDelivery(target, delivery);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    resources += countVersions(delivery);
    resent += tries - 1;
    target.onProgress?.(countVersions(delivery));
  }
  return { requests: deliveries.length, resent, resources, statuses };
}

async function pushDelivery(
  { site, baseUrl, token, retryLimits }: PushTarget,
  delivery: HospitalDelivery,
): Promise<{ status: number; tries: number }> {
  const { method, path } = delivery;
  const url = path === '' ? baseUrl : `${baseUrl}/${path}`;
  const body = formatBody(delivery);
  const request = {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': selectMediaType(delivery) },
    ...(body === null ? {} : { body }),
  };
  const { answer, tries } = await sendWithRetry(site, url, request, retryLimits);
  const { status, text } = answer;
  const refusedStatus = status < 300 ? findRefusedStatus(text, delivery) : status;
  if (refusedStatus === null) return { status, tries };
  throw new Error(`${site}: ${method} ${url}: refused with ${refusedStatus}: ${text.slice(0, 500)}`);
}

/** Returns the status of the first refused entry of a batch, which is answered 200 all the same; null if there is none. */
function findRefusedStatus(answer: string, delivery: HospitalDelivery): number | null {
  if (delivery.kind !== 'bundle') return null;
  const { entry } = JSON.parse(answer) as { entry: { response: { status: string } }[] };
  const statuses = entry.map(({ response }) => Number.parseInt(response.status, 10));
  return statuses.find((status) => status >= 400) ?? null;
}

function formatBody({ kind, body }: HospitalDelivery): string | null {
  if (body === null) return null;
  if (kind === 'ndjson' && Array.isArray(body)) {
    return body.map((resource) => `${stringify(resource)}\n`).join('');
  }
  return stringify(body) ?? null;
}

function selectMediaType({ kind }: HospitalDelivery): string {
  return kind === 'ndjson' ? 'application/fhir+ndjson' : 'application/fhir+json';
}

/** Counts the resource versions in a delivery. */
export function countVersions({ kind, body }: HospitalDelivery): number {
  if (kind === 'ndjson') return (body as unknown[]).length;
  return kind === 'bundle' ? (body as { entry: unknown[] }).entry.length : 1;
}
