import { assessSubject } from '../../src/trial/assess-subject.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import { withOverallCriteriaSet } from '../../src/trial/protocol.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  readVignetteFiles,
  summariseAssessments,
} from './vignette.ts';

/**
 * Assesses every case and prints the assessments with the time zone of the process: run by the time zone test in
 * processes of their own, because a zone is set for good when a process starts.
 */
const criteria = readBundledCriteria();
const protocol = readBundledProtocol();
const assessedCases = readVignetteFiles().flatMap(({ cases }) =>
  cases.map((v) => {
    const caseProtocol = v.set === undefined ? protocol : withOverallCriteriaSet(protocol, v.set);
    const today = addDays(DAY_ZERO, v.today);
    const assessment = assessSubject({
      subject: buildVignetteSubject(v),
      facts: buildVignetteFacts(v),
      protocol: caseProtocol,
      criteria,
      today,
    });
    return [v.name, summariseAssessments(assessment), assessment.deviations, assessment.proposals];
  }),
);
process.stdout.write(
  JSON.stringify({ noonIs: new Date(2024, 6, 1, 12).toISOString(), given: assessedCases }),
);
