import { type StandInEhr, startStandInEhr } from '../../demo/ehr/stand-in-ehr.ts';
import { type Lifecycle, requireOpen, type Scope, useLifecycle } from './use-lifecycle.ts';

/** The only bearer token that a stand-in EHR of the tests accepts. */
export const EHR_TOKEN = 'token-of-the-ehr';

export const startTestEhr = (patients: readonly string[]): Promise<StandInEhr> =>
  startStandInEhr({
    token: EHR_TOKEN,
    patients: patients.map((id) => ({ resourceType: 'Patient', id })),
  });

/** The stand-in EHR of the current test. */
export interface TestEhr {
  readonly ehr: StandInEhr;
  /** Stops the EHR and starts a new one, which holds only the patients. */
  renew(): Promise<void>;
}

/** Starts an EHR that holds these patients, by their ids. */
export function useEhr(per: Scope, patients: readonly string[]): TestEhr {
  let ehr: StandInEhr | null = null;
  const lifecycle: Lifecycle = {
    async open() {
      ehr = await startTestEhr(patients);
    },
    async close() {
      await ehr?.stop();
      ehr = null;
    },
  };
  useLifecycle(per, lifecycle);
  return {
    get ehr() {
      return requireOpen(ehr, 'The EHR');
    },
    async renew() {
      await lifecycle.close();
      await lifecycle.open();
    },
  };
}
