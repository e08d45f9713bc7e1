import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Cohort, SiteCohort } from './cohort/generate-cohort.ts';
import { type StandInEhr, startStandInEhr } from './ehr/stand-in-ehr.ts';

/** A participating hospital: its cohort, its token, and the EHR that receives its write-backs. */
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

const getDayInAYear = (): string => new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10);

/** Writes the adapter's configuration: the client of each site, and its EHR. `pauseWrites` keeps write-backs pending. */
export function writeConfig(
  file: string,
  dataDir: string,
  hospitals: readonly Hospital[],
  pauseWrites: boolean,
): void {
  const sites = hospitals.map(({ cohort, token, ehr, ehrToken }) => {
    const tokenSha256 = createHash('sha256').update(token).digest('hex');
    // Where the trial office enrols, the hospital's interface need not.
    const mayEnrol = cohort.enrolment.length === 0;
    const client = { client: `${cohort.site}-interface`, tokenSha256, expires: getDayInAYear(), mayEnrol };
    return [
      cohort.site,
      {
        clients: [client],
        subjectNumbers: cohort.subjects,
        ehr: { base: ehr.baseUrl, bearerToken: ehrToken, pauseWrites },
      },
    ];
  });
  const config = { dataDir, sites: Object.fromEntries(sites) };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

/** Writes the trial office's enrolment file: the subjects whose hospitals do not enrol them. Returns their number. */
export function writeEnrolmentFile(file: string, cohort: Cohort): number {
  const rows = cohort.sites.flatMap((site) => site.enrolment);
  const lines = rows.map((row) =>
    [row.subject, row.site, row.patient, row.enrolledOn, row.consentedOn].join(','),
  );
  writeFileSync(file, `${['subject,site,patient,enrolledOn,consentedOn', ...lines].join('\n')}\n`);
  return rows.length;
}
