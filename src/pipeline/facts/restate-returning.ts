import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { MappingQuestion } from '../../mapping/mapping-result.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { WorkItem } from '../../store/work-item-store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { createSiteTransaction } from '../site-transaction.ts';
import { compareResource, mapAgain } from './remap-inbox.ts';
import { type RestateSummary, restateResources } from './restate-held.ts';

/** Resources that are read at once. Nothing is written meanwhile, so that nobody waits. */
const PAGE_SIZE = 200;

/** A code that stands in a body as it is written here. */
const PLAIN_CODE = /^[A-Za-z0-9_.:-]+$/;

/** A body that refers to a product: the code is in another resource. */
const REFERS_TO_PRODUCT = /"(medicationReference|usedReference|medication|used)"/;

/** A decided item: its question, and its status before the decision. */
type DecidedItem = Pick<WorkItem, 'site' | 'reason' | 'group' | 'status'>;

/** Whether a decision on the question can change what the body states; true where that is not certain without mapping it. */
function mayDependOn(body: string, about: MappingQuestion): boolean {
  if (about.kind === 'unit') return true;
  // A text was decided in lower case.
  const lowerCase = body.toLowerCase();
  return (
    about.codings.some(({ code }) => !PLAIN_CODE.test(code) || lowerCase.includes(code.toLowerCase())) ||
    body.includes('\\u') ||
    REFERS_TO_PRODUCT.test(body)
  );
}

/** Whether the resource was mapped without what the item asked about, because a person had rejected the item. */
async function isMappedWithout(
  tx: StoreTransaction,
  former: PipelineDependencies,
  version: ResourceVersion,
  item: DecidedItem,
): Promise<boolean> {
  const resource = parseJson(version.body ?? '') as Resource;
  const mapped = await mapAgain(createSiteTransaction(tx, former, version.site), version, resource);
  return (mapped ?? []).some(({ mapped: { work } }) =>
    work.some(({ reason, group }) => reason === item.reason && group === item.group),
  );
}

/** Where a decision is looked up: the mappings in use with it, and those before it. */
interface DecidedMappings {
  readonly dependencies: PipelineDependencies;
  readonly former: PipelineDependencies;
}

async function findReturningOnPage(
  tx: StoreTransaction,
  { dependencies, former }: DecidedMappings,
  versions: readonly ResourceVersion[],
  item: DecidedItem,
): Promise<readonly ResourceKey[]> {
  const returning: ResourceKey[] = [];
  for (const version of versions) {
    const isReturning =
      version.disposition === 'ignored'
        ? (await compareResource(createSiteTransaction(tx, dependencies, version.site), version)) !== null
        : item.status === 'rejected' &&
          version.disposition === 'mapped' &&
          (await isMappedWithout(tx, former, version, item));
    if (isReturning) returning.push(version);
  }
  return returning;
}

/**
 * Restates the resources of the item's site that were ignored, in whole or in part, for a reason that the decision removes:
 * an unknown code outside the laboratory, a code that was of no use, an item that had been rejected. They are found by
 * mapping the ignored resources again, page by page; a resource that a decision on a code cannot concern is not mapped. A
 * decision on a unit concerns an ignored resource only where its item had been rejected.
 */
export async function restateReturningResources(
  mappings: DecidedMappings,
  item: DecidedItem,
  about: MappingQuestion,
): Promise<RestateSummary> {
  const { store } = mappings.dependencies;
  const keys: ResourceKey[] = [];
  if (about.kind === 'code' || item.status === 'rejected') {
    for (let place: number | undefined = 0; place !== undefined; ) {
      const page = await store.read(async (tx) => {
        const rows = await tx.inbox.listCurrentPage(place ?? 0, PAGE_SIZE);
        const versions = rows
          .map(({ version }) => version)
          .filter(({ site, body }) => site === item.site && body !== null && mayDependOn(body, about));
        return {
          last: rows.at(-1)?.place,
          returning: await findReturningOnPage(tx, mappings, versions, item),
        };
      });
      keys.push(...page.returning.map(({ site, resourceType, id }) => ({ site, resourceType, id })));
      place = page.last;
    }
  }
  return restateResources(mappings.dependencies, keys);
}
