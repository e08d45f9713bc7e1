import { addDays } from '../../src/trial/days.ts';
import { judgeSubject } from '../../src/trial/judge.ts';
import { withOverallCriteria } from '../../src/trial/protocol.ts';
import { caseFiles, DAY_ZERO, factsOf, givenBy, realCriteria, realProtocol, subjectOf } from './vignette.ts';

/**
 * Judges every case and prints what was given, with the zone it was done in: run by the time zone test in processes of
 * their own, because a zone is set for good when a process starts.
 */
const criteria = realCriteria();
const protocol = realProtocol();
const given = caseFiles().flatMap(({ cases }) =>
  cases.map((v) => {
    const own = v.set === undefined ? protocol : withOverallCriteria(protocol, v.set);
    const today = addDays(DAY_ZERO, v.today);
    const judgement = judgeSubject({
      subject: subjectOf(v),
      facts: factsOf(v),
      protocol: own,
      criteria,
      today,
    });
    return [v.name, givenBy(judgement), judgement.deviations, judgement.proposals];
  }),
);
process.stdout.write(JSON.stringify({ noonIs: new Date(2024, 6, 1, 12).toISOString(), given }));
