import { type AuditEvent, buildAuditEntry } from '../../audit/audit-entry.ts';
import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import type { Decider } from '../../pipeline/decisions/decider.ts';
import { fetchDecisions, pushDecisions } from '../../pipeline/facts/shared-decisions.ts';
import { hashErasedPatient, hashErasedSubject } from '../../pipeline/receive/erased-patients.ts';
import { createSiteTransaction, type SiteTransaction } from '../../pipeline/site-transaction.ts';
import type { ErasureRecord } from '../../store/erasure-store.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';
import type { SubjectKey } from '../../store/subject-store.ts';
import type { LibrarySnapshot } from '../library-snapshot.ts';
import { type ErasedTexts, eraseInDecisionFiles } from './decision-files.ts';
import { type ErasureOutcome, erasePerson } from './erase-person.ts';
import { type ErasedPerson, findPersonOfSubject, findUnenrolledPerson } from './erased-person.ts';
import { listNeedles } from './naming-work-items.ts';

/** Whom to erase: a subject, in the named study or in every study of their site, or a patient who is not enrolled. */
export type ErasureTarget =
  | {
      readonly study: string;
      readonly subject: string;
      /** null: refused where the person takes part in another study too. */
      readonly scope: 'study' | 'all-studies' | null;
    }
  | { readonly site: string; readonly patient: string };

/** An erasure that was carried out, or, as a preview, would be. Printed as JSON. */
export interface ErasureReport extends ErasureOutcome {
  readonly isDone: boolean;
  /**
   * The files of decisions from which texts that name the person, and map entries signed with such a text, were removed, relative
   * to the data folder.
   */
  readonly decisionFiles: readonly string[];
  /** Whether the files of the store hold nothing of it any more; false: see docs/operation.md. */
  readonly isPurged: boolean;
}

/** Records in the audit trail, within the transaction of the erasure, that it took place; the reason is in the record itself. */
function recordErasure(
  tx: StoreTransaction,
  record: ErasureRecord,
  subjects: readonly SubjectKey[],
): Promise<void> {
  const { at, site, contents, removed } = record;
  const event: AuditEvent = {
    action: 'subject.erased',
    site,
    about: subjects.map(({ study, subject }) => `${study}|${subject}`).sort(),
    before: contents,
    after: tx.erasures.hash(JSON.stringify(record)),
    detail: { ...removed },
  };
  return tx.audit.append(buildAuditEntry(event, new Date(at)));
}

/** Operations that make what is kept of a person unreadable. */
export interface ErasureOperations {
  /**
   * Erases a person, or (`isPreview`) reports what would be erased and changes nothing. Throws `subject/unknown`, and
   * `erasure/refused` where the person is in another study and no scope is named, where a patient is enrolled, or without a reason.
   */
  erase(target: ErasureTarget, decider: Decider, isPreview: boolean): Promise<ErasureReport>;
  /** Lists what remains of earlier erasures. */
  listErasures(): Promise<readonly ErasureRecord[]>;
}

/** Undoes the transaction of a preview. */
class PreviewEnd extends Error {
  readonly outcome: ErasureOutcome;

  constructor(outcome: ErasureOutcome) {
    super('The preview of an erasure is undone.');
    this.outcome = outcome;
  }
}

interface FoundPerson {
  readonly tx: SiteTransaction;
  readonly person: ErasedPerson;
  /** Keyed hash of what they were named by. */
  readonly named: string;
}

type OpenSite = (tx: StoreTransaction, site: string) => SiteTransaction;

async function findSubjectToErase(
  tx: StoreTransaction,
  openSite: OpenSite,
  { study, subject, scope }: Extract<ErasureTarget, { subject: string }>,
): Promise<FoundPerson> {
  const known = await tx.subjects.get(study, subject);
  if (!known) {
    throw new Failure('subject/unknown', 'No such subject is enrolled in this study.', {
      parameter: 'subject',
      fix: 'Check the number and the study; a patient who is not enrolled is named by site and identifier.',
    });
  }
  const siteTx = openSite(tx, known.site);
  const person = await findPersonOfSubject(siteTx, known, scope === 'all-studies');
  if (scope === null && person.keptSubjects.length > 0) {
    const others = person.keptSubjects.map((other) => `${other.subject} in ${other.study}`);
    throw new Failure('erasure/refused', `The person is also ${others.join(', ')}.`, {
      parameter: 'subject',
      fix: 'State whether they are erased in all studies or in this one only, where the others keep what they need.',
    });
  }
  return { tx: siteTx, person, named: hashErasedSubject(siteTx, known) };
}

async function findPatientToErase(
  tx: StoreTransaction,
  openSite: OpenSite,
  { site, patient }: Extract<ErasureTarget, { patient: string }>,
): Promise<FoundPerson> {
  const siteTx = openSite(tx, site);
  const enrolled = await tx.subjects.findByIdentifiers(site, [patient]);
  if (enrolled.length > 0) {
    const numbers = enrolled.map(({ study, subject }) => `${subject} in ${study}`);
    throw new Failure('erasure/refused', `The patient is enrolled: ${numbers.join(', ')}.`, {
      parameter: 'patient',
      fix: 'Erase the subject by their number.',
    });
  }
  const person = await findUnenrolledPerson(siteTx, patient);
  return { tx: siteTx, person, named: hashErasedPatient(siteTx, patient) };
}

/** Creates the operations. */
export function createErasureOperations(
  config: Pick<Config, 'dataDir' | 'database'>,
  store: Store,
  getSnapshot: () => LibrarySnapshot,
): ErasureOperations {
  const openSite: OpenSite = (tx, site) => createSiteTransaction(tx, getSnapshot().pipeline, site);

  async function eraseFound(
    tx: StoreTransaction,
    { tx: siteTx, person, named }: FoundPerson,
    decider: Decider,
  ): ReturnType<typeof erasePerson> {
    const erased = await erasePerson(siteTx, person, named, decider);
    await recordErasure(tx, erased.outcome.record, person.subjects);
    return erased;
  }

  /** Removes the person from the files of decisions, of which a database holds the valid copy. */
  function eraseDecisions(texts: ErasedTexts): Promise<readonly string[]> {
    const isShared = config.database !== null;
    // In a transaction, as every decision is written: none is lost that is made meanwhile.
    return store.transaction(async (tx) => {
      if (isShared) await fetchDecisions(tx, config.dataDir);
      const changed = eraseInDecisionFiles(config.dataDir, texts);
      if (isShared && changed.length > 0) await pushDecisions(tx, config.dataDir);
      return changed;
    });
  }

  return {
    async erase(target, decider, isPreview) {
      if (decider.why === null)
        throw new Failure('erasure/refused', 'An erasure needs its reason.', {
          parameter: 'why',
          fix: 'State the request and its date, without naming the person.',
        });
      let needles: readonly string[] = [];
      try {
        const { outcome, erasedItems } = await store.transaction(async (tx) => {
          const found =
            'subject' in target
              ? await findSubjectToErase(tx, openSite, target)
              : await findPatientToErase(tx, openSite, target);
          needles = listNeedles({ ...found.person, resources: [] });
          const erased = await eraseFound(tx, found, decider);
          if (isPreview) throw new PreviewEnd(erased.outcome);
          return erased;
        });
        const decisionFiles = await eraseDecisions({ needles, items: erasedItems });
        return { ...outcome, isDone: true, decisionFiles, isPurged: await store.purgeDeleted() };
      } catch (cause) {
        if (!(cause instanceof PreviewEnd)) throw cause;
        return { ...cause.outcome, isDone: false, decisionFiles: [], isPurged: false };
      }
    },
    listErasures: () => store.read((tx) => tx.erasures.list()),
  };
}
