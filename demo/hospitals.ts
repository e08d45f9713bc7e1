import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Cohort, SiteCohort } from './cohort/generate-cohort.ts';
import { type StandInEhr, startStandInEhr } from './ehr/stand-in-ehr.ts';

/** A hospital that takes part: what it sends, with which token, and the EHR that it is written back to. */
export interface Hospital {
  readonly cohort: SiteCohort;
  readonly token: string;
  readonly ehr: StandInEhr;
  readonly ehrToken: string;
}

export async function openHospitals(cohort: Cohort): Promise<readonly Hospital[]> {
  return Promise.all(
    cohort.sites.map(async (site) => {
      const ehrToken = createToken();
      const ehr = await startStandInEhr({ token: ehrToken, patients: site.patients });
      return { cohort: site, token: createToken(), ehr, ehrToken };
    }),
  );
}

function createToken(): string {
  return randomBytes(24).toString('base64url');
}

/** The adapter's configuration: who may speak for which site, and where to write back (`held`: not yet). */
export function writeConfig(
  file: string,
  dataDir: string,
  hospitals: readonly Hospital[],
  held: boolean,
): void {
  const sites = hospitals.map(({ cohort, token, ehr, ehrToken }) => {
    const tokenSha256 = createHash('sha256').update(token).digest('hex');
    const client = { client: `${cohort.site}-interface`, tokenSha256 };
    return [
      cohort.site,
      { clients: [client], ehr: { base: ehr.baseUrl, bearerToken: ehrToken, pauseWrites: held } },
    ];
  });
  const config = { dataDir, sites: Object.fromEntries(sites) };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

/** The trial office's enrolment file: every subject whose hospital does not enrol him itself. */
export function writeEnrolmentFile(file: string, cohort: Cohort): number {
  const rows = cohort.sites.flatMap((site) => site.enrolment);
  const lines = rows.map((r) => [r.subject, r.site, r.patient, r.enrolledOn, r.consentedOn].join(','));
  writeFileSync(file, `${['subject,site,patient,enrolledOn,consentedOn', ...lines].join('\n')}\n`);
  return rows.length;
}
