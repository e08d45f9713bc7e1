import { setTimeout } from 'node:timers/promises';
import { stringify } from 'lossless-json';
import type { HospitalDelivery } from './cohort/fhir-elements.ts';

/** The result of a hospital's deliveries: number of requests and resource versions, and answers by HTTP status. */
interface PushSummary {
  readonly requests: number;
  readonly resources: number;
  readonly statuses: ReadonlyMap<number, number>;
}

const MAX_TRIES = 5;

/** The adapter as a hospital's interface engine sees it. `onProgress` is called with the versions of each delivery. */
interface PushTarget {
  readonly baseUrl: string;
  readonly token: string;
  onProgress?(resources: number): void;
}

/** Sends a hospital's deliveries one after another with its own token. Throws for any answer other than a success. */
export async function pushDeliveries(
  target: PushTarget,
  deliveries: readonly HospitalDelivery[],
): Promise<PushSummary> {
  const statuses = new Map<number, number>();
  let resources = 0;
  for (const delivery of deliveries) {
    const status = await pushDelivery(target, delivery);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    resources += countVersions(delivery);
    target.onProgress?.(countVersions(delivery));
  }
  return { requests: deliveries.length, resources, statuses };
}

async function pushDelivery(target: PushTarget, delivery: HospitalDelivery): Promise<number> {
  for (let tries = 1; ; tries++) {
    const response = await sendRequest(target, delivery);
    const answer = await response.text();
    const refusedStatus = response.ok ? findRefusedStatus(answer, delivery) : null;
    if (response.ok && refusedStatus === null) return response.status;
    const isBusy = response.status === 429 || response.status === 503;
    if (!isBusy || tries === MAX_TRIES) {
      throw new Error(
        `${delivery.method} /${delivery.path}: ${refusedStatus ?? response.status} ${answer.slice(0, 500)}`,
      );
    }
    await setTimeout(1000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

function sendRequest({ baseUrl, token }: PushTarget, delivery: HospitalDelivery): Promise<Response> {
  const body = formatBody(delivery);
  return fetch(delivery.path === '' ? baseUrl : `${baseUrl}/${delivery.path}`, {
    method: delivery.method,
    headers: { authorization: `Bearer ${token}`, 'content-type': selectMediaType(delivery) },
    ...(body === null ? {} : { body }),
  });
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
