import { join } from 'node:path';
import { stringify } from 'lossless-json';
import type { HospitalDelivery } from '../../demo/cohort/fhir-elements.ts';
import { type Cohort, generateCohort, type SiteCohort } from '../../demo/cohort/generate-cohort.ts';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { validateResource } from '../../src/fhir/validate-resource.ts';
import { type Library, readLibrary } from '../../src/library.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { reportOnSubjects, type StudyReport } from '../../src/trial/endpoints/study-report.ts';
import type { Fact, Subject } from '../../src/trial/facts.ts';
import type { Protocol } from '../../src/trial/protocol.ts';

const mappingsDir = join(import.meta.dirname, '../../mappings');

export const COHORT_TODAY = '2026-01-15';

/** What the mapper and the engine make of the cohort, and what they would not take. */
export interface AssessedCohort {
  readonly library: Library;
  readonly protocol: Protocol;
  readonly subjects: readonly ReturnType<typeof assessCohortSubject>[];
  readonly report: StudyReport;
  /** The issues of each resource that is not valid. */
  readonly invalid: readonly unknown[];
  /** What waits for a person: site, reason, group. */
  readonly openWork: readonly string[];
}

interface CohortSink {
  readonly invalid: unknown[];
  readonly work: string[];
  readonly facts: Map<string, Fact[]>;
}

/** References inside a Bundle become those of the resources they stand for. */
function parseDelivery(delivery: HospitalDelivery): readonly unknown[] {
  const text = stringify(delivery.body) ?? 'null';
  if (delivery.kind !== 'bundle') return [parseJson(text)].flat();
  const { entry } = delivery.body as { entry: { fullUrl?: string; request: { url: string } }[] };
  const linked = entry.reduce((t, e) => (e.fullUrl ? t.replaceAll(e.fullUrl, e.request.url) : t), text);
  return (parseJson(linked) as { entry: { resource: unknown }[] }).entry.map((e) => e.resource);
}

const readLastUpdated = (resource: Resource) => (resource.meta as { lastUpdated: string }).lastUpdated;

function keepNewer(current: Map<string, Resource>, sent: unknown, invalid: unknown[]): void {
  const checked = validateResource(sent);
  if ('issues' in checked) {
    invalid.push(checked.issues);
    return;
  }
  const { resource } = checked;
  const key = `${resource.resourceType}/${resource.id}`;
  const before = current.get(key);
  if (!before || readLastUpdated(before) < readLastUpdated(resource)) current.set(key, resource);
}

function selectLastVersions(site: SiteCohort, invalid: unknown[]): ReadonlyMap<string, Resource> {
  const current = new Map<string, Resource>();
  for (const delivery of site.deliveries) {
    if (delivery.kind === 'delete') current.delete(delivery.path);
    else for (const sent of parseDelivery(delivery)) keepNewer(current, sent, invalid);
  }
  return current;
}

function mapSite(library: Library, cohort: Cohort, site: SiteCohort, sink: CohortSink): void {
  const current = selectLastVersions(site, sink.invalid);
  const subjects = cohort.truth.filter((one) => one.plan.site === site.site).map((one) => one.plan.subject);
  const byPatient = new Map(site.patients.map((patient, i) => [`Patient/${patient.id}`, subjects[i] ?? '']));
  for (const [key, resource] of current) {
    const about = (resource.subject ?? resource.individual) as { reference?: string } | undefined;
    const subject = byPatient.get(about?.reference ?? key);
    if (subject === undefined) continue;
    const resolve = (reference: string) => current.get(reference);
    const context = { subject, site: site.site, timeZone: site.timeZone, resolve };
    const mapped = library.mapper.map(resource, context);
    sink.work.push(...mapped.work.map((need) => `${site.site} ${need.reason} ${need.group}`));
    sink.facts.set(subject, [...(sink.facts.get(subject) ?? []), ...mapped.facts]);
  }
}

function assessCohortSubject(
  library: Library,
  protocol: Protocol,
  { plan }: Cohort['truth'][number],
  sent: readonly Fact[],
) {
  const { subject: number, site, dayZero } = plan;
  const dates = { enrolledOn: dayZero, consentedOn: dayZero };
  const subject: Subject = { study: 'msc-aa', subject: number, site, ...dates, status: 'on-study' };
  const facts = [...new Map(sent.map((fact) => [fact.key, fact])).values()];
  const judgement = assessSubject({
    subject,
    facts,
    protocol,
    criteria: library.criteria,
    today: COHORT_TODAY,
  });
  return { plan, subject, facts, judgement };
}

/**
 * The demonstration without servers: what the hospitals send, in its last versions, through the mapper and the engine.
 * Stored nowhere, so that a difference from `npm run demo` is the pipeline's.
 */
export function assessDemoCohort(): AssessedCohort {
  const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  const cohort = generateCohort(2017);
  const sink: CohortSink = { invalid: [], work: [], facts: new Map() };
  for (const site of cohort.sites) mapSite(library, cohort, site, sink);
  const judged = cohort.truth.map((one) =>
    assessCohortSubject(library, protocol, one, sink.facts.get(one.plan.subject) ?? []),
  );
  const report = reportOnSubjects({ protocol, subjects: judged, today: COHORT_TODAY });
  return { library, protocol, subjects: judged, report, invalid: sink.invalid, openWork: sink.work };
}
