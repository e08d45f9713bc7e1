import { Failure } from '../../errors.ts';
import type { FhirVersion } from '../fhir-version.ts';
import type { BundleEntries, Grouping, Interaction } from '../interaction.ts';
import { type OutcomeIssue, toOutcomeIssue } from '../operation-outcome.ts';
import { type FhirRequest, inferInteraction, parseInteraction } from '../parse-interaction.ts';
import { isObject } from '../resource.ts';
import { isKeptType } from '../validate/breadth-limits.ts';
import { refuseRepeatedUrls } from './bundle-references.ts';

type BundleKind = 'batch' | 'transaction' | 'collection';

/** An entry that can be processed, and its index in the Bundle. */
interface PlannedEntry {
  readonly index: number;
  readonly interaction: Interaction;
}

/** An entry that is refused: its index, its HTTP status and the reason. */
interface RefusedEntry {
  readonly index: number;
  readonly status: number;
  readonly issue: OutcomeIssue;
}

/** The plan of a Bundle. `planned` is in processing order: entries that others refer to are first. */
export interface BundlePlan {
  readonly kind: BundleKind;
  readonly grouping: Grouping;
  readonly size: number;
  readonly planned: readonly PlannedEntry[];
  readonly refused: readonly RefusedEntry[];
}

const SUPPORTED_TYPES_FIX =
  'Send a batch, transaction or collection Bundle. The command `ingest` takes files with a searchset or history Bundle.';

/** The order after deletes (FHIR R4 http, transaction): patients, subjects, targets of results, reports, the rest. */
const PROCESSING_RANKS = new Map([
  ['Patient', 1],
  ['ResearchSubject', 2],
  ['Medication', 3],
  ['BiologicallyDerivedProduct', 3],
  ['Specimen', 3],
  ['DiagnosticReport', 4],
]);
const DEFAULT_RANK = 5;

function readBundleKind(bundle: unknown): BundleKind {
  if (!isObject(bundle) || bundle.resourceType !== 'Bundle') {
    throw new Failure('fhir/invalid', 'The body is not a Bundle.', {
      at: 'Bundle',
      fix: SUPPORTED_TYPES_FIX,
    });
  }
  const { type } = bundle;
  if (type === 'batch' || type === 'transaction' || type === 'collection') return type;
  throw new Failure('fhir/invalid', 'This type of Bundle is not supported.', {
    at: 'Bundle.type',
    fix: SUPPORTED_TYPES_FIX,
  });
}

function readBundleEntries(bundle: Record<string, unknown>): Record<string, unknown>[] {
  const { entry } = bundle;
  if (entry === undefined) return [];
  if (!Array.isArray(entry)) {
    throw new Failure('fhir/invalid', 'entry is not a list.', { at: 'Bundle.entry', fix: 'Send a list.' });
  }
  return entry.map((item: unknown, index) => {
    if (isObject(item)) return item;
    throw new Failure('fhir/invalid', 'An entry is not an object.', {
      at: `Bundle.entry[${index}]`,
      fix: 'Send a resource, a request, or both in each entry.',
    });
  });
}

/**
 * Plans the processing of a batch, transaction or collection Bundle. Every interaction carries its place in the Bundle, by
 * which references between entries are resolved. Throws a `fhir/invalid` Failure for a Bundle that is refused as a whole:
 * another type, entries that are not objects, a fullUrl used twice (bdl-7). In a transaction one refused entry refuses the
 * whole Bundle; the caller sees that from `refused`. Source: FHIR R4 http (batch/transaction), bundle.
 */
export function planBundle(bundle: unknown, fhirVersion: FhirVersion = '4.0'): BundlePlan {
  const kind = readBundleKind(bundle);
  const entries = readBundleEntries(isObject(bundle) ? bundle : {});
  refuseRepeatedUrls(entries);
  const byUrl = new Map<string, Interaction>();
  const context = { entries: { byUrl }, fhirVersion };
  const planned: PlannedEntry[] = [];
  const refused: RefusedEntry[] = [];
  entries.forEach((entry, index) => {
    const plan = planEntry(kind, entry, index, context);
    if ('interaction' in plan) planned.push(plan);
    else refused.push(plan);
    if ('interaction' in plan && typeof entry.fullUrl === 'string' && plan.interaction.method !== 'delete')
      byUrl.set(entry.fullUrl, plan.interaction);
  });
  if (kind === 'transaction') refused.push(...refuseOverlaps(planned));
  planned.sort(
    (a, b) => rankInteraction(a.interaction) - rankInteraction(b.interaction) || a.index - b.index,
  );
  const grouping = kind === 'transaction' ? 'all-or-nothing' : 'each';
  return { kind, grouping, size: entries.length, planned, refused };
}

/**
 * The most entries of a transaction, of types that are kept, that a service takes: they are stored in one piece, for which every
 * other sender waits. `ingest` takes larger ones from files.
 */
const MAX_TRANSACTION_ENTRIES = 300;

/** Refuses a transaction that is too large to be stored in one piece (413), before anything of it is. */
export function refuseLargeTransaction({ grouping, planned }: BundlePlan): void {
  if (grouping !== 'all-or-nothing') return;
  const kept = planned.filter(({ interaction }) => isKeptType(interaction.resourceType));
  if (kept.length <= MAX_TRANSACTION_ENTRIES) return;
  throw new Failure('fhir/too-large', 'The transaction has too many entries to be stored in one piece.', {
    at: 'Bundle.entry',
    fix: `Send it as a batch, or in transactions of at most ${MAX_TRANSACTION_ENTRIES} entries.`,
  });
}

function rankInteraction(interaction: Interaction): number {
  return interaction.method === 'delete'
    ? 0
    : (PROCESSING_RANKS.get(interaction.resourceType) ?? DEFAULT_RANK);
}

interface EntryContext {
  /** The entries of the Bundle; complete when all of them are planned. */
  readonly entries: BundleEntries;
  readonly fhirVersion: FhirVersion;
}

/** Plans one entry. An error of the entry is located in the entry, an error of its resource in the resource. */
function planEntry(
  kind: BundleKind,
  entry: Record<string, unknown>,
  index: number,
  { entries, fhirVersion }: EntryContext,
): PlannedEntry | RefusedEntry {
  const content = catchFailure(() => readEntry(kind, entry));
  if (content instanceof Failure) return refuseEntry(index, content, locateEntryIssue);
  const interaction = catchFailure(() =>
    content.request
      ? parseInteraction({ ...content.request, fhirVersion })
      : inferInteraction(content.body, fhirVersion),
  );
  if (interaction instanceof Failure) return refuseEntry(index, interaction, locateResourceIssue);
  const fullUrl = typeof entry.fullUrl === 'string' ? entry.fullUrl : null;
  return { index, interaction: { ...interaction, place: { fullUrl, entries } } };
}

/** Returns the result of reading, or the Failure that it throws. */
function catchFailure<T>(read: () => T): T | Failure {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    throw cause;
  }
}

function refuseEntry(index: number, failure: Failure, locate: typeof locateResourceIssue): RefusedEntry {
  return { index, status: failure.meaning.http, issue: locate(index, toOutcomeIssue(failure)) };
}

/** Reads an entry's resource and request; a collection has no requests. Failures are located in the entry. */
function readEntry(
  kind: BundleKind,
  entry: Record<string, unknown>,
): { readonly body: unknown; readonly request: FhirRequest | null } {
  const { resource } = entry;
  if (isObject(resource) && resource.resourceType === 'Bundle') {
    throw new Failure('fhir/invalid', 'The entry contains another Bundle.', {
      at: 'resource',
      fix: 'Send its entries in the outer Bundle.',
    });
  }
  return { body: resource, request: kind === 'collection' ? null : readEntryRequest(entry, resource) };
}

function readOptionalText(request: Record<string, unknown>, name: string): string | null {
  const value = request[name];
  if (value === undefined) return null;
  if (typeof value === 'string' && value !== '') return value;
  throw new Failure('fhir/invalid', `${name} is not a string.`, {
    at: `request.${name}`,
    fix: 'Leave it out, or send a non-empty string.',
  });
}

/** `POST Type`, `PUT Type/id`, `PUT Type?identifier=…`, `DELETE Type/id`; no absolute URL and no `..`. */
const ENTRY_URL_PATTERN = /^\/?([A-Za-z]{1,64})(?:\/([^/?]{1,200}))?(?:\?(.{1,2000}))?$/;

function readEntryRequest(entry: Record<string, unknown>, body: unknown): FhirRequest {
  const request = isObject(entry.request) ? entry.request : {};
  const method = readEntryMethod(request.method);
  const url = typeof request.url === 'string' ? ENTRY_URL_PATTERN.exec(request.url) : null;
  const [, type, id, query] = url ?? [];
  if (
    type === undefined ||
    (id !== undefined && query !== undefined) ||
    (method === 'POST' && (id ?? query))
  ) {
    throw new Failure('fhir/invalid', 'The url is not valid for an entry.', {
      at: 'request.url',
      fix: 'Use POST Type, PUT Type/id, PUT Type?identifier=system|value or DELETE Type/id, relative to the base.',
    });
  }
  return {
    method,
    type,
    id: id ?? null,
    query: query ?? null,
    ifNoneExist: readOptionalText(request, 'ifNoneExist'),
    ifMatch: readOptionalText(request, 'ifMatch'),
    body,
  };
}

function readEntryMethod(method: unknown): FhirRequest['method'] {
  if (method === 'POST' || method === 'PUT' || method === 'DELETE') return method;
  if (method === 'GET' || method === 'HEAD' || method === 'PATCH') {
    throw new Failure('fhir/not-offered', 'Reading and patching are not supported in a Bundle.', {
      at: 'request.method',
      fix: 'Use POST, PUT or DELETE.',
    });
  }
  throw new Failure('fhir/invalid', 'The entry has no valid HTTP method.', {
    at: 'request.method',
    fix: 'Use POST, PUT or DELETE.',
  });
}

/** Refuses entries of a transaction that refer to a resource of an earlier entry (FHIR R4 http, transaction: overlaps). */
function refuseOverlaps(planned: readonly PlannedEntry[]): RefusedEntry[] {
  const seen = new Set<string>();
  return planned.flatMap(({ index, interaction }) => {
    if (interaction.id === null) return [];
    const key = `${interaction.resourceType}/${interaction.id}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const failure = new Failure('fhir/invalid', 'Two entries have the same resource.', {
      at: interaction.method === 'delete' ? 'request.url' : 'resource.id',
      fix: 'Send each resource once in a transaction.',
    });
    return [refuseEntry(index, failure, locateEntryIssue)];
  });
}

/** Locates an issue of an entry in the Bundle: `request.url` of entry 3 is `Bundle.entry[3].request.url`. */
function locateEntryIssue(index: number, issue: OutcomeIssue): OutcomeIssue {
  const path = `Bundle.entry[${index}]`;
  return { ...issue, expression: issue.expression === undefined ? path : `${path}.${issue.expression}` };
}

/**
 * Locates an issue of an entry's resource in the Bundle: `Observation.value` of entry 3 is
 * `Bundle.entry[3].resource.value`. An issue without an expression is about the entry.
 */
export function locateResourceIssue(index: number, issue: OutcomeIssue): OutcomeIssue {
  const { expression } = issue;
  if (expression === undefined) return locateEntryIssue(index, issue);
  const dot = expression.search(/[.[]/);
  const path = dot < 0 ? '' : expression.slice(dot);
  return { ...issue, expression: `Bundle.entry[${index}].resource${path}` };
}
