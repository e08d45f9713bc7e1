import { createSiteTransaction } from '../../../../src/pipeline/site-transaction.ts';
import type { WorkItem } from '../../../../src/store/work-item-store.ts';
import { reconcileFacts } from '../../../../src/trial/counts/reconcile-facts.ts';
import type { Fact } from '../../../../src/trial/facts.ts';
import {
  type PipelineSandbox,
  SANDBOX_SITE,
  SANDBOX_STUDY,
  type usePipelineSandbox,
} from '../../pipeline-sandbox.ts';
import { type CaseSender, createCaseSender } from '../case-deliveries.ts';
import { describeFact } from './describe-facts.ts';
import type { Outcome, Receiver, SubjectNumber } from './fates.ts';
import { ENROLLED_BY, type SequenceDelivery, type Statement, toCaseDelivery } from './sequences.ts';
import { traceStatements } from './trace-statements.ts';

/** Sends the deliveries and assesses the subjects. S-2 is enrolled at the start unless a delivery enrols them. */
async function send(sandbox: PipelineSandbox, deliveries: readonly SequenceDelivery[]): Promise<CaseSender> {
  const sender = createCaseSender(sandbox);
  await sandbox.enrol('S-1', ENROLLED_BY['S-1']);
  if (!deliveries.some(({ isEnrolment }) => isEnrolment)) await sandbox.enrol('S-2', ENROLLED_BY['S-2']);
  for (const delivery of deliveries) await sender.send(toCaseDelivery(delivery), delivery.rebuilding);
  await sandbox.assessDirty();
  if (sender.refused.length > 0) throw new Error(`Refused: ${sender.refused.join()}`);
  return sender;
}

const listStated = ({ tx }: PipelineSandbox, subject: SubjectNumber): Promise<readonly Fact[]> =>
  tx.facts.listForSubject(SANDBOX_STUDY, subject);

const listOpen = ({ tx }: PipelineSandbox): Promise<readonly WorkItem[]> => tx.workItems.list('open');

/** Ids that were derived from the content, in the group of an item. */
const DERIVED_IDS = /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}/g;

/**
 * Describes a work item. Of an unknown patient, the group says whether content is sealed or was stored when it still had one,
 * which depends on the order of arrival; the question is the same.
 */
const describeItem = ({ reason, group }: WorkItem): string =>
  reason === 'unknown-patient' ? reason : `${reason} ${group.replace(DERIVED_IDS, 'derived')}`;

async function readOutcome(sandbox: PipelineSandbox): Promise<Outcome> {
  const [first, second] = [await listStated(sandbox, 'S-1'), await listStated(sandbox, 'S-2')].map((stated) =>
    reconcileFacts(stated).map(describeFact).sort(),
  );
  const open = await listOpen(sandbox);
  const work = [...new Set(open.map(describeItem))].sort();
  return { facts: { 'S-1': first ?? [], 'S-2': second ?? [] }, work };
}

/** Gives every statement a `meta.source` of its own, by which it is found in the store. */
function addSources(deliveries: readonly SequenceDelivery[]): readonly SequenceDelivery[] {
  const known = new Map<Statement, Statement>();
  const add = (statement: Statement): Statement => {
    const tagged = known.get(statement) ?? {
      ...statement,
      sent: { ...statement.sent, source: `urn:statement:${known.size}` },
    };
    known.set(statement, tagged);
    return tagged;
  };
  return deliveries.map((each) => ({ ...each, statements: each.statements.map(add) }));
}

/** The real pipeline, each sequence in a transaction that is rolled back. */
export const createPipelineReceiver = (withSandbox: ReturnType<typeof usePipelineSandbox>): Receiver => ({
  deliver: (deliveries) =>
    withSandbox(async (sandbox) => {
      await send(sandbox, deliveries);
      return readOutcome(sandbox);
    }),
  trace: (sent) =>
    withSandbox(async (sandbox) => {
      const deliveries = addSources(sent);
      const { answers } = await send(sandbox, deliveries);
      const site = createSiteTransaction(sandbox.tx, sandbox.parts, SANDBOX_SITE);
      return traceStatements(site, deliveries, answers);
    }),
});
