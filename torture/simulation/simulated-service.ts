import { join } from 'node:path';
import type { Interaction, InteractionResult } from '../../src/fhir/interaction.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createSeal } from '../../src/intake/seal.ts';
import { readLibrary } from '../../src/library.ts';
import type { AssessmentDependencies } from '../../src/pipeline/assess/assess-and-write-back.ts';
import type { PipelineDependencies } from '../../src/pipeline/dependencies.ts';
import { createAcceptInteractions, runPostponed } from '../../src/pipeline/receive/accept-interactions.ts';
import { createEnrolSubjects } from '../../src/pipeline/receive/enrol-from-file.ts';
import { destroyDuePayloads } from '../../src/pipeline/receive/sealing.ts';
import { assessDueSubjects } from '../../src/pipeline/worker.ts';
import { TRUST_WITHOUT_PEOPLE } from '../../src/signatures/check-decision.ts';
import type { Store } from '../../src/store/store.ts';
import { createOutboxDelivery } from '../../src/writeback/outbox-delivery.ts';
import { rememberStages } from '../../test/support/remember-stages.ts';
import type { SimulatedEhr } from './simulated-ehr.ts';

const MAPPINGS = join(import.meta.dirname, '../../mappings');
const library = readLibrary({ mappingsDir: MAPPINGS, studiesDir: join(MAPPINGS, 'studies') });
const protocol = library.protocols.get('msc-aa');
if (!protocol) throw new Error('The bundled study is missing.');
const PROTOCOL = protocol;

export const SIMULATED_SITE = 's';
export const SIMULATED_STUDY = 'msc-aa';

export interface SimulatedResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

const MOST_REMEMBERED = 20_000;

const { parse, validate, map, assess } = rememberStages(library, MOST_REMEMBERED);
const seal = createSeal(new Uint8Array(32));

/** One process of the service: it lives until it ends by plan, or is replaced. */
export interface SimulatedService {
  send(resource: SimulatedResource): Promise<InteractionResult>;
  deleteResource(resourceType: string, id: string): Promise<InteractionResult>;
  enrol(subject: string, patient: string): Promise<void>;
  /** Finishes what is postponed, assesses all who are due, and destroys the payloads whose time is over. */
  assessDue(): Promise<void>;
  /** Makes one attempt to deliver; false where nothing is due. */
  deliverNext(): Promise<boolean>;
}

const TIME_ZONE = 'Asia/Shanghai';

function buildPipeline(store: Store, now: () => Date): PipelineDependencies {
  return {
    store,
    seal,
    studies: [SIMULATED_STUDY],
    sealDays: 45,
    getSiteContext: (site) => ({
      site,
      timeZone: TIME_ZONE,
      ehrBase: null,
      mayUseSubjectNumber: () => true,
      map,
      listVisits: (study) => library.protocols.get(study)?.visits.map(({ id }) => id) ?? null,
    }),
    validate,
    now,
  };
}

function buildAssessment(now: () => Date): AssessmentDependencies {
  return {
    softwareVersion: '0',
    trust: TRUST_WITHOUT_PEOPLE,
    // The process has ended, or the engine is broken: the end is noticed by the caller, and broken assessing in the comparison.
    onAssessmentFailed: () => undefined,
    getTimeZone: () => TIME_ZONE,
    now,
    getStudyRules: (study) => ({
      study,
      title: study,
      assess: (subject, facts, today) =>
        assess({ subject, facts, protocol: PROTOCOL, criteria: library.criteria, today }),
    }),
  };
}

/** Starts a process of the service over a store and an EHR, with the clock and the chance of the simulation. */
export function startSimulatedService(
  store: Store,
  ehr: SimulatedEhr,
  now: () => Date,
  random: () => number,
): SimulatedService {
  const pipeline = buildPipeline(store, now);
  const assessment = buildAssessment(now);
  const accept = createAcceptInteractions(pipeline);
  const enrolSubjects = createEnrolSubjects(pipeline);
  const delivery = createOutboxDelivery({ store, ehrs: new Map([[SIMULATED_SITE, ehr]]), now, random });
  const acceptOne = async (interaction: Interaction): Promise<InteractionResult> => {
    const [result] = await accept(SIMULATED_SITE, [interaction], 'each', 'rest');
    if (!result) throw new Error('Nothing was answered.');
    return result;
  };
  const conditions = { ifNoneExist: null, ifMatch: null };
  return {
    send: ({ resourceType, id, ...elements }) => {
      const resource = parse(JSON.stringify({ resourceType, id, ...elements })) as Resource;
      return acceptOne({ method: 'update', resourceType, id, resource, ...conditions });
    },
    deleteResource: (resourceType, id) =>
      acceptOne({ method: 'delete', resourceType, id, resource: null, ...conditions }),
    async enrol(subject, patient) {
      const day = '2026-01-01';
      const row = { subject, site: SIMULATED_SITE, patient, enrolledOn: day, consentedOn: day };
      await enrolSubjects(SIMULATED_STUDY, [row]);
    },
    async assessDue() {
      // As the worker does: what a process that ended has left of an enrolment or a wide change.
      await runPostponed(pipeline);
      await store.transaction((tx) => destroyDuePayloads(tx, now().toISOString()));
      await assessDueSubjects(store, assessment);
    },
    deliverNext: () => delivery.deliverNext(),
  };
}
