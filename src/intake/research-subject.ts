import { buildSubjectSystemUrl, CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { listBusinessIdentifiers } from './resource-identity.ts';

/** The enrolment that a ResearchSubject states (contract, section 3). */
type EnrolmentStatement =
  | {
      readonly kind: 'enrolment';
      readonly study: string;
      readonly subject: string;
      readonly status: 'on-study' | 'off-study' | 'withdrawn';
      /** The first day of `period`, as sent; null where it is absent. */
      readonly startedOn: string | null;
    }
  | { readonly kind: 'unclear'; readonly element: string; readonly fix: string }
  | { readonly kind: 'not-ours'; readonly element: string };

/** R4 ResearchSubjectStatus: the codes that mean that the subject takes part, took part, or has withdrawn consent. */
const ENROLMENT_STATUS: Record<string, 'on-study' | 'off-study' | 'withdrawn'> = {
  'on-study': 'on-study',
  'on-study-intervention': 'on-study',
  'on-study-observation': 'on-study',
  'follow-up': 'on-study',
  'off-study': 'off-study',
  withdrawn: 'withdrawn',
};

/** Parses a ResearchSubject. `not-ours`: another study, or a status that enrols nobody. `unclear`: no subject number, or a start without a day. */
export function parseEnrolment(resource: Resource, studies: readonly string[]): EnrolmentStatement {
  const study = findNamedStudy(resource, studies);
  if (study === null) return { kind: 'not-ours', element: 'ResearchSubject.study' };
  const status = ENROLMENT_STATUS[String(resource.status)];
  if (!status) return { kind: 'not-ours', element: 'ResearchSubject.status' };
  const subject = findSubjectNumber(resource, study);
  if (subject === null) {
    return {
      kind: 'unclear',
      element: 'ResearchSubject.identifier',
      fix: `Send the subject number as an identifier with system ${buildSubjectSystemUrl(study)}.`,
    };
  }
  const startedOn = readStartDay(resource);
  if (startedOn === undefined) {
    // Any day of that month or year would be a guess.
    const fix = 'Send the whole day of the enrolment, or no period.start.';
    return { kind: 'unclear', element: 'ResearchSubject.period.start', fix };
  }
  return { kind: 'enrolment', study, subject, status, startedOn };
}

function findSubjectNumber(resource: Resource, study: string): string | null {
  const prefix = `${buildSubjectSystemUrl(study)}|`;
  const found = listBusinessIdentifiers(resource).find((token) => token.startsWith(prefix));
  return found ? found.slice(prefix.length) : null;
}

/** Finds the study by reference or identifier in `study`, else by the system of the subject number. */
function findNamedStudy(resource: Resource, studies: readonly string[]): string | null {
  const reference = isObject(resource.study) ? resource.study : {};
  const identifier = isObject(reference.identifier) ? reference.identifier.value : undefined;
  const studyId =
    typeof reference.reference === 'string' ? reference.reference.split('/').at(-1) : identifier;
  const systems = listBusinessIdentifiers(resource).map((token) => token.slice(0, token.lastIndexOf('|')));
  return (
    studies.find((study) => study === studyId) ??
    studies.find((study) => systems.includes(`${CANONICAL_BASE}/sid/subject/${study}`)) ??
    null
  );
}

/** Reads the first day of the period: null where it has none, undefined for a date without a day. */
function readStartDay(resource: Resource): string | null | undefined {
  const start = isObject(resource.period) ? resource.period.start : undefined;
  if (typeof start !== 'string') return null;
  return start.length >= 10 ? start.slice(0, 10) : undefined;
}
