import { setTimeout } from 'node:timers/promises';
import { stringify } from 'lossless-json';
import type { HospitalDelivery } from './cohort/fhir-elements.ts';

/** What a hospital's deliveries met: answers by HTTP status, and how many resources they held. */
export interface PushSummary {
  readonly requests: number;
  readonly resources: number;
  readonly statuses: ReadonlyMap<number, number>;
}

const MAX_TRIES = 5;

/** Where a hospital's deliveries go, and who hears how many resources have gone. */
export interface PushTarget {
  readonly baseUrl: string;
  readonly token: string;
  onProgress?(resources: number): void;
}

/** Sends a hospital's deliveries one after the other, with its own token. Anything but a success is an error. */
export async function pushDeliveries(
  door: PushTarget,
  deliveries: readonly HospitalDelivery[],
): Promise<PushSummary> {
  const statuses = new Map<number, number>();
  let resources = 0;
  for (const delivery of deliveries) {
    const status = await pushDelivery(door, delivery);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    resources += countVersions(delivery);
    door.onProgress?.(countVersions(delivery));
  }
  return { requests: deliveries.length, resources, statuses };
}

async function pushDelivery(door: PushTarget, delivery: HospitalDelivery): Promise<number> {
  for (let tries = 1; ; tries++) {
    const response = await sendRequest(door, delivery);
    const answer = await response.text();
    const refused = response.ok ? findRefusedStatus(answer, delivery) : null;
    if (response.ok && refused === null) return response.status;
    const busy = response.status === 429 || response.status === 503;
    if (!busy || tries === MAX_TRIES) {
      throw new Error(
        `${delivery.method} /${delivery.path}: ${refused ?? response.status} ${answer.slice(0, 500)}`,
      );
    }
    await setTimeout(1000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

function sendRequest({ baseUrl: base, token }: PushTarget, delivery: HospitalDelivery): Promise<Response> {
  const body = formatBody(delivery);
  return fetch(delivery.path === '' ? base : `${base}/${delivery.path}`, {
    method: delivery.method,
    headers: { authorization: `Bearer ${token}`, 'content-type': selectMediaType(delivery) },
    ...(body === null ? {} : { body }),
  });
}

/** A batch answers 200 even where an entry of it was refused: that entry's status, null where none was. */
function findRefusedStatus(answer: string, delivery: HospitalDelivery): number | null {
  if (delivery.kind !== 'bundle') return null;
  const { entry } = JSON.parse(answer) as { entry: { response: { status: string } }[] };
  const refused = entry.map(({ response }) => Number.parseInt(response.status, 10)).filter((s) => s >= 400);
  return refused[0] ?? null;
}

function formatBody({ kind, body }: HospitalDelivery): string | null {
  if (body === null) return null;
  if (kind === 'ndjson' && Array.isArray(body)) return body.map((one) => `${stringify(one)}\n`).join('');
  return stringify(body) ?? null;
}

function selectMediaType({ kind }: HospitalDelivery): string {
  return kind === 'ndjson' ? 'application/fhir+ndjson' : 'application/fhir+json';
}

/** How many resource versions a delivery holds. */
export function countVersions({ kind, body }: HospitalDelivery): number {
  if (kind === 'ndjson') return (body as unknown[]).length;
  return kind === 'bundle' ? (body as { entry: unknown[] }).entry.length : 1;
}
