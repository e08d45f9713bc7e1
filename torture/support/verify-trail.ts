import type { TrailReport } from '../../src/audit/trail-findings.ts';
import { runCommand, type Workspace } from './service-process.ts';

/** Verifies the audit trail of a data folder by command; returns what is wrong, one line for each finding. */
export async function listTrailFaults(
  workspace: Workspace,
  where: string,
  dataDir = workspace.dataDir,
): Promise<readonly string[]> {
  const { out, err } = await runCommand(workspace, ['audit', 'verify', '--json', '--data', dataDir]);
  if (out === '') return [`${where}: audit verify failed: ${err.trim()}`];
  const { findings } = JSON.parse(out) as TrailReport;
  return findings.map((finding) => `${where}: ${JSON.stringify(finding)}`);
}
