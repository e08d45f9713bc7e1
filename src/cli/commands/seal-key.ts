import type { Command } from 'commander';
import type { GivenUpKey, SealKeyReport } from '../../service/seal-key.ts';
import {
  type CommandContext,
  loadExistingStoreConfig,
  type StoreCommandOptions,
} from '../command-context.ts';
import { addJsonOption, addReasonOptions, addStoreOptions, createCommand } from '../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../decider.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';

interface SealKeyOptions extends StoreCommandOptions, DecisionOptions {
  readonly giveUp: boolean;
  readonly json: boolean;
}

type SealedPayloads = GivenUpKey['sealed'];

const countPayloads = (sealed: SealedPayloads): string =>
  pluralise(
    sealed.reduce((sum, { payloads }) => sum + payloads, 0),
    'sealed payload',
  );

const formatSealed = (sealed: SealedPayloads): string =>
  formatTable(
    ['site', 'payloads', 'first received', 'last received'],
    sealed.map(({ site, payloads, firstReceivedAt, lastReceivedAt }) => [
      site,
      payloads,
      firstReceivedAt,
      lastReceivedAt,
    ]),
  );

const STATE_TEXTS: Readonly<Record<SealKeyReport['state'], string>> = {
  fits: 'fits this store',
  new: 'is not there; it will be created at the first start, since nothing is sealed',
  missing: 'is missing',
  damaged: 'is damaged',
  weak: 'was typed by somebody, or is too simple to be a key',
  exposed: 'can be read by other users',
  unreadable: 'cannot be read',
  other: 'is not the one that this store was used with',
};

function printReport(io: Io, { file, state, sealed, givenUp }: SealKeyReport, isUsable: boolean): void {
  io.out(
    `The key ${file} ${STATE_TEXTS[state]}.\n${countPayloads(sealed)} need it:\n${formatSealed(sealed)}`,
  );
  for (const { at, by, why, sealed: destroyed } of givenUp) {
    const reason = why === null ? '' : `: ${why}`;
    io.out(`A key was given up on ${at} by ${by}, with ${countPayloads(destroyed)}${reason}\n`);
  }
  if (isUsable) return;
  io.err(
    'Fix: restore the file from the backup of the folder of keys. If it is lost for ever, these payloads cannot be read by ' +
      'anybody: `seal-key --give-up` destroys them, records that and starts with the key in the file or a new one. ' +
      'Everything else in the store stays; then have the sites send again what they sent about patients not yet enrolled.\n',
  );
}

async function inspectKey(context: CommandContext, options: SealKeyOptions): Promise<boolean> {
  const { inspectSealKey } = await context.loadSealKeyOperations();
  const report = await inspectSealKey(await loadExistingStoreConfig(context, options));
  const isUsable = report.state === 'fits' || report.state === 'new';
  if (options.json) printJson(context.io, report);
  else printReport(context.io, report, isUsable);
  return isUsable;
}

async function replaceLostKey(context: CommandContext, options: SealKeyOptions): Promise<void> {
  const config = await loadExistingStoreConfig(context, options);
  const decider = await resolveDecider(context, config, options);
  const { giveUpSealKey } = await context.loadSealKeyOperations();
  const givenUp = await giveUpSealKey(config, decider);
  if (options.json) printJson(context.io, givenUp);
  else {
    context.io.out(
      `The key was given up; ${countPayloads(givenUp.sealed)} destroyed:\n${formatSealed(givenUp.sealed)}`,
    );
  }
}

/** Creates `seal-key`: whether the key of the sealed payloads fits the store, and the way out where it is lost. */
export function createSealKeyCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand(
    'seal-key',
    'check the key of the sealed payloads, or give it up where it is lost',
    ['seal-key', 'seal-key --give-up --by "M. Li" --why "disk lost, no backup"'],
  ).option('--give-up', 'destroy the payloads that only the lost key opens; cannot be undone', false);
  return addJsonOption(addStoreOptions(addReasonOptions(command))).action(async (options: SealKeyOptions) => {
    if (options.giveUp) await replaceLostKey(context, options);
    else if (!(await inspectKey(context, options))) exit(1);
  });
}
