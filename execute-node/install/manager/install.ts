import { messageOf } from "../../agent/refusal.ts";
import { type AccountNumbers, lookUpAccounts } from "../accounts.ts";
import { type Finding, findingText, runChecks } from "../checks/check.ts";
import { keepCopy, setOwnerAndMode, writeInstalledFile } from "../disk.ts";
import { findFiles } from "../file-actions.ts";
import { fileDiff } from "../file-diff.ts";
import { runPatiently } from "../patient-run.ts";
import { type FileAction, planFiles } from "../plan.ts";
import type { Printer } from "../printer.ts";
import { managerChecks, managerPrerequisites, settingCheck } from "./checks.ts";
import { MANAGER_FILE, managerFile } from "./configuration.ts";

/**
 * Gives a pool's central manager what Condor Cloud needs of it: one file of configuration. Shows the difference first; what
 * is right already is left alone.
 *
 * @param yes - does it without asking
 * @returns whether the manager has it, and HTCondor was told
 * @throws Error when the file cannot be written
 */
export async function installManager({ yes }: { readonly yes: boolean }, printer: Printer): Promise<boolean> {
  if (!showNotWell(await runChecks(managerPrerequisites, undefined), printer)) return false;
  const accounts = await lookUpAccounts([managerFile.owner]);
  const actions = planFiles([managerFile], {}, await findFiles([MANAGER_FILE], accounts));
  const toDo = actions.filter(({ action }) => action !== "keep");
  for (const action of toDo) printer.line(difference(action));
  if (toDo.length > 0 && !yes && (await printer.confirm("Write it?")) !== true) {
    printer.line("Nothing was written. Say yes on a terminal, or run it with --yes.");
    return false;
  }
  for (const action of toDo) await act(action, accounts, printer);
  if (!showNotWell(await runChecks([settingCheck], undefined), printer)) return false;
  return reconfigure(printer);
}

/**
 * Looks at all that a central manager needs, and says what to do about what is missing.
 *
 * @returns whether no check failed, and HTCondor keeps machines apart
 */
export async function doctorManager({ json }: { readonly json: boolean }, printer: Printer): Promise<boolean> {
  const findings = await runChecks(managerChecks, undefined);
  const healthy = !findings.some(({ verdict }) => verdict === "failed");
  if (json) printer.line(JSON.stringify({ healthy, findings }, undefined, 2));
  else for (const finding of findings) printer.line(findingText(finding));
  return healthy;
}

/** @returns whether none failed */
function showNotWell(findings: readonly Finding[], printer: Printer): boolean {
  for (const finding of findings) if (finding.verdict !== "ok") printer.line(findingText(finding));
  return !findings.some(({ verdict }) => verdict === "failed");
}

function difference(action: FileAction): string {
  const found = "found" in action ? action.found : action.action === "create" ? "" : managerFile.content;
  if (found === managerFile.content) return `would set owner and mode of ${action.path}`;
  return fileDiff(action.path, found, managerFile.content);
}

async function act({ action, path }: FileAction, accounts: AccountNumbers, printer: Printer): Promise<void> {
  if (action === "set") return setOwnerAndMode(managerFile, accounts);
  if (action === "overwrite") printer.progress(`${path} as it was stays in ${await keepCopy(path)}`);
  await writeInstalledFile(managerFile, accounts);
  printer.progress(`wrote ${path}`);
}

/** Each time: the file may be right while the daemons have not read it. */
async function reconfigure(printer: Printer): Promise<boolean> {
  try {
    await runPatiently("condor_reconfig", []);
  } catch (error) {
    printer.line(`left to do: HTCondor has not read it, for it does not run here, or refuses: ${messageOf(error)}`);
    return false;
  }
  printer.progress("HTCondor was told to read its configuration");
  return true;
}
