import { join } from 'node:path';
import { stringify } from 'lossless-json';
import { generateCohort, type SiteCohort } from '../../../demo/cohort/generate.ts';
import type { Delivery } from '../../../demo/cohort/wire.ts';
import type { StudyInput } from '../../../src/exports/format.ts';
import { parseJson } from '../../../src/fhir/json.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { type Library, readLibrary } from '../../../src/library.ts';
import { studyReport } from '../../../src/trial/endpoints/report.ts';
import type { Fact, Subject } from '../../../src/trial/facts.ts';
import { judgeSubject } from '../../../src/trial/judge.ts';

/** The demonstration's cohort as an export sees it, without servers: the last versions, mapped and judged. */
const mappingsDir = join(import.meta.dirname, '../../../mappings');
export const AS_OF = '2026-01-15';

/** References inside a Bundle become those of the resources they stand for. */
function resourcesOf(delivery: Delivery): readonly Resource[] {
  const text = stringify(delivery.body) ?? 'null';
  if (delivery.kind !== 'bundle') return [parseJson(text)].flat() as Resource[];
  const { entry } = delivery.body as { entry: { fullUrl?: string; request: { url: string } }[] };
  const linked = entry.reduce((t, e) => (e.fullUrl ? t.replaceAll(e.fullUrl, e.request.url) : t), text);
  return (parseJson(linked) as { entry: { resource: Resource }[] }).entry.map((e) => e.resource);
}

const updatedOf = (resource: Resource) => (resource.meta as { lastUpdated: string }).lastUpdated;

function lastVersions(site: SiteCohort): ReadonlyMap<string, Resource> {
  const current = new Map<string, Resource>();
  for (const delivery of site.deliveries) {
    if (delivery.kind === 'delete') {
      current.delete(delivery.path);
      continue;
    }
    for (const resource of resourcesOf(delivery)) {
      const key = `${resource.resourceType}/${resource.id}`;
      const before = current.get(key);
      if (!before || updatedOf(before) < updatedOf(resource)) current.set(key, resource);
    }
  }
  return current;
}

function factsOf(library: Library, site: SiteCohort, subjects: readonly string[]): readonly Fact[] {
  const current = lastVersions(site);
  const byPatient = new Map(site.patients.map(({ id }, i) => [`Patient/${id}`, subjects[i] ?? '']));
  return [...current].flatMap(([key, resource]) => {
    const about = (resource.subject ?? resource.individual) as { reference?: string } | undefined;
    const subject = byPatient.get(about?.reference ?? key);
    if (subject === undefined) return [];
    const { timeZone } = site;
    return library.mapper.map(resource, {
      subject,
      site: site.site,
      timeZone,
      resolve: (r) => current.get(r),
    }).facts;
  });
}

/** The 74 subjects with the registry file given, or the study's own. */
export function cohortInput(): StudyInput {
  const library = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
  const protocol = library.protocols.get('msc-aa');
  if (!protocol) throw new Error('the study has no protocol');
  const cohort = generateCohort(2017);
  const plans = cohort.truth.map(({ plan }) => plan);
  const facts = cohort.sites.flatMap((site) =>
    factsOf(
      library,
      site,
      plans.filter((plan) => plan.site === site.site).map(({ subject }) => subject),
    ),
  );
  const records = plans.map(({ subject: number, site, dayZero }) => {
    const day = { enrolledOn: dayZero, consentedOn: dayZero };
    const subject: Subject = { study: 'msc-aa', subject: number, site, ...day, status: 'on-study' };
    const own = facts.filter((fact) => fact.subject === number);
    const known = [...new Map(own.map((fact) => [fact.key, fact])).values()];
    const { criteria } = library;
    return {
      subject,
      facts: known,
      judgement: judgeSubject({ subject, facts: known, protocol, criteria, today: AS_OF }),
    };
  });
  return {
    protocol,
    registry: null,
    report: studyReport({ protocol, subjects: records, today: AS_OF }),
    asOf: AS_OF,
    versions: { software: 'test', protocol: protocol.version, criteria: { 'bsh-saa': '1' } },
    draft: false,
    async *subjects() {
      yield* records;
    },
  };
}
