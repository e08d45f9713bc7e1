import { setTimeout } from 'node:timers/promises';
import { stringify } from 'lossless-json';
import type { Delivery } from './cohort/wire.ts';

/** What a hospital's deliveries met: answers by HTTP status, and how many resources they held. */
export interface Pushed {
  readonly requests: number;
  readonly resources: number;
  readonly statuses: ReadonlyMap<number, number>;
}

const TRIES = 5;

/** Where a hospital's deliveries go, and who hears how many resources have gone. */
export interface Door {
  readonly base: string;
  readonly token: string;
  progress?(resources: number): void;
}

/** Sends a hospital's deliveries one after the other, with its own token. Anything but a success is an error. */
export async function push(door: Door, deliveries: readonly Delivery[]): Promise<Pushed> {
  const statuses = new Map<number, number>();
  let resources = 0;
  for (const delivery of deliveries) {
    const status = await send(door, delivery);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    resources += size(delivery);
    door.progress?.(size(delivery));
  }
  return { requests: deliveries.length, resources, statuses };
}

async function send(door: Door, delivery: Delivery): Promise<number> {
  for (let tries = 1; ; tries++) {
    const response = await request(door, delivery);
    const answer = await response.text();
    const refused = response.ok ? refusedInside(answer, delivery) : null;
    if (response.ok && refused === null) return response.status;
    const busy = response.status === 429 || response.status === 503;
    if (!busy || tries === TRIES) {
      throw new Error(
        `${delivery.method} /${delivery.path}: ${refused ?? response.status} ${answer.slice(0, 500)}`,
      );
    }
    await setTimeout(1000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

function request({ base, token }: Door, delivery: Delivery): Promise<Response> {
  const body = textOf(delivery);
  return fetch(delivery.path === '' ? base : `${base}/${delivery.path}`, {
    method: delivery.method,
    headers: { authorization: `Bearer ${token}`, 'content-type': mediaType(delivery) },
    ...(body === null ? {} : { body }),
  });
}

/** A batch answers 200 even where an entry of it was refused: that entry's status, null where none was. */
function refusedInside(answer: string, delivery: Delivery): number | null {
  if (delivery.kind !== 'bundle') return null;
  const { entry } = JSON.parse(answer) as { entry: { response: { status: string } }[] };
  const refused = entry.map(({ response }) => Number.parseInt(response.status, 10)).filter((s) => s >= 400);
  return refused[0] ?? null;
}

function textOf({ kind, body }: Delivery): string | null {
  if (body === null) return null;
  if (kind === 'ndjson' && Array.isArray(body)) return body.map((one) => `${stringify(one)}\n`).join('');
  return stringify(body) ?? null;
}

function mediaType({ kind }: Delivery): string {
  return kind === 'ndjson' ? 'application/fhir+ndjson' : 'application/fhir+json';
}

/** How many resource versions a delivery holds. */
export function size({ kind, body }: Delivery): number {
  if (kind === 'ndjson') return (body as unknown[]).length;
  return kind === 'bundle' ? (body as { entry: unknown[] }).entry.length : 1;
}
