import { readFile } from "node:fs/promises";
import { isMissing } from "../agent/files.ts";
import { messageOf } from "../agent/refusal.ts";
import {
  CONFIGURATION_FILE,
  type NodeConfiguration,
  NodeConfigurationSchema,
  type ResolvedNodeConfiguration,
} from "../configuration.ts";
import { type AccountNumbers, hasAccount, lookUpAccounts, makeJobAccount } from "./accounts.ts";
import { applySteps, readSituation, sayWhatIsLeft } from "./apply.ts";
import { type Finding, findingText, runChecks } from "./checks/check.ts";
import { installedCondorChecks } from "./checks/htcondor.ts";
import { prerequisites } from "./checks/prerequisites.ts";
import { root } from "./checks/software.ts";
import { type InstalledFile, type InstalledFolder, nodeFiles, nodeFolders } from "./configuration.ts";
import { isFolderRight, makeFolder, writeInstalledFile } from "./disk.ts";
import { findFiles, mayOverwrite, showPlan, writeFiles } from "./file-actions.ts";
import {
  configurationText,
  existingConfiguration,
  givenFields,
  type InstallOptions,
  newConfiguration,
} from "./options.ts";
import { planFiles } from "./plan.ts";
import type { Printer } from "./printer.ts";
import { readRecord } from "./record.ts";
import { isLabelled, isSelinuxOn, labelState } from "./selinux.ts";
import { stepsLeft } from "./steps.ts";

/** How an install is done. */
export interface InstallMode {
  /** Overwrites what somebody else changed, and keeps a copy beside it. */
  readonly overwrite: boolean;
  /** Writes nothing. */
  readonly dryRun: boolean;
  /** Has what runs take over what was installed, where that harms no machine. */
  readonly apply: boolean;
}

/**
 * Makes this machine an execute node, or brings one up to date. What is as it should be is left alone; an interruption
 * at any point leaves a state that the same command completes.
 *
 * @param bundle - the text of the execute node's bundle
 * @returns whether the node is installed, as far as can be seen able to work, and, where it was to be applied, nothing is left
 * to do
 * @throws UsageError when the options cannot be used, Error when something cannot be written
 */
export async function install(
  options: InstallOptions,
  mode: InstallMode,
  bundle: string,
  printer: Printer,
): Promise<boolean> {
  const { configuration, isNew } = await decideConfiguration(options);
  const resolved = NodeConfigurationSchema.parse(configuration);
  const findings = await runChecks([root, ...prerequisites], resolved);
  show(findings, printer);
  if (!mode.dryRun && hasFailed(findings)) return stopped("a check failed", printer);

  const [record, folders, files] = [await readRecord(), nodeFolders(configuration), nodeFiles(configuration, bundle)];
  const json = isNew ? [configurationFile(configuration)] : [];
  const owners = [...folders, ...files, ...json].map(({ owner }) => owner);
  let accounts = await lookUpAccounts(owners);
  const actions = planFiles(
    files,
    record,
    await findFiles([...files.map(({ path }) => path), ...Object.keys(record)], accounts),
  );
  if (mode.dryRun) {
    await showPreparations(resolved, folders, accounts, printer);
    showPlan([...json.map((file) => ({ action: "create", path: file.path, file }) as const), ...actions], printer);
    return !hasFailed(findings);
  }
  if (!(await mayOverwrite(actions, mode.overwrite, printer)))
    return stopped("somebody else's change stands in the way", printer);

  if (!(await hasAccount(resolved.jobAccount))) {
    await makeJobAccount(resolved.jobAccount);
    printer.progress(`made the account ${resolved.jobAccount}`);
    accounts = await lookUpAccounts(owners);
  }
  for (const folder of folders) {
    if (await isFolderRight(folder, accounts)) continue;
    await makeFolder(folder, accounts);
    printer.progress(`made ${folder.path}`);
  }
  for (const file of json) {
    await writeInstalledFile(file, accounts);
    printer.progress(`wrote ${file.path}, which is yours from now on`);
  }
  await writeFiles(actions, files, record, accounts, printer);
  await labelState(resolved.stateFolder).catch((error: unknown) => {
    printer.line(`SELinux: the state folder is not labelled: ${messageOf(error)}`);
  });

  const after = await runChecks(installedCondorChecks, resolved);
  show(after, printer);
  if (hasFailed(after)) return stopped("HTCondor's configuration is not as it must be", printer);
  if (mode.apply) return applySteps(resolved, printer);
  try {
    await sayWhatIsLeft(stepsLeft(await readSituation(resolved)), printer);
  } catch (error) {
    printer.line(`left to do: nobody knows, for HTCondor does not say what runs: ${messageOf(error)}`);
  }
  return true;
}

/** What would be done before the files are written. */
async function showPreparations(
  { jobAccount, stateFolder }: ResolvedNodeConfiguration,
  folders: readonly InstalledFolder[],
  accounts: AccountNumbers,
  printer: Printer,
): Promise<void> {
  if (!(await hasAccount(jobAccount))) printer.line(`would make the account ${jobAccount}`);
  for (const folder of folders) {
    if (!(await isFolderRight(folder, accounts))) printer.line(`would make ${folder.path}`);
  }
  if ((await isSelinuxOn()) && !(await isLabelled(stateFolder))) printer.line(`would label ${stateFolder} for SELinux`);
}

async function decideConfiguration(
  options: InstallOptions,
): Promise<{ configuration: NodeConfiguration; isNew: boolean }> {
  const given = givenFields(options);
  try {
    return { configuration: existingConfiguration(await readFile(CONFIGURATION_FILE, "utf8"), given), isNew: false };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return { configuration: newConfiguration(given), isNew: true };
  }
}

function configurationFile(configuration: NodeConfiguration): InstalledFile {
  return { path: CONFIGURATION_FILE, mode: 0o644, owner: "root:root", content: configurationText(configuration) };
}

function show(findings: readonly Finding[], printer: Printer): void {
  for (const finding of findings) {
    if (finding.verdict === "ok") printer.progress(findingText(finding));
    else printer.line(findingText(finding));
  }
}

function hasFailed(findings: readonly Finding[]): boolean {
  return findings.some(({ verdict }) => verdict === "failed");
}

function stopped(why: string, printer: Printer): false {
  printer.line(`The install stopped: ${why}.`);
  return false;
}
