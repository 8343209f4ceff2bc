import { GUARD_COMMAND, GUARD_SETTING } from "../../../contract/interfaces.ts";
import { lookUpAccounts } from "../accounts.ts";
import { type Check, failed, type Judgement, ok, warning } from "../checks/check.ts";
import { guardCheck } from "../checks/guard.ts";
import { judgeFolders } from "../checks/htcondor.ts";
import { root } from "../checks/software.ts";
import { findFile } from "../disk.ts";
import { configValue } from "../htcondor.ts";
import type { FoundFile } from "../plan.ts";
import { MANAGER_FILE, managerFile } from "./configuration.ts";

/** What must be so before a central manager's file is written. */
export const managerPrerequisites: readonly Check<unknown>[] = [
  root,
  {
    name: "HTCondor's configuration folders",
    judge: async () => judgeFolders(await configValue("LOCAL_CONFIG_DIR")),
  },
  { name: "HTCondor's daemons", judge: async () => judgeManager(await configValue("DAEMON_LIST")) },
];

/** What HTCondor's configuration must be with the file in it. */
export const settingCheck: Check<unknown> = {
  name: "HTCondor's setting",
  judge: async () => judgeSetting(await configValue(GUARD_SETTING)),
};

/** All that a central manager's doctor looks at. */
export const managerChecks: readonly Check<unknown>[] = [
  ...managerPrerequisites,
  {
    name: "the file",
    judge: async () => judgeFile(await findFile(MANAGER_FILE, await lookUpAccounts([managerFile.owner]))),
  },
  settingCheck,
  guardCheck,
];

/** Whether this machine is a pool's central manager. Pure. */
export function judgeManager(daemons: string | undefined): Judgement {
  const list = (daemons ?? "").split(/[\s,]+/).filter((daemon) => daemon !== "");
  if (list.includes("NEGOTIATOR")) return ok(list.join(", "));
  return failed(
    `DAEMON_LIST is ${list.join(", ") || "not set"}`,
    "This is no central manager: run it where the pool's NEGOTIATOR runs (condor_status -negotiator names that machine).",
  );
}

/** Whether HTCondor, after all files, has the setting. Pure. */
export function judgeSetting(value: string | undefined): Judgement {
  if (value === "1") return ok("as installed");
  if (value === undefined) return failed(`${GUARD_SETTING} is not set`, GUARD_COMMAND);
  return failed(
    `${GUARD_SETTING} is ${value}, not 1`,
    `See \`condor_config_val -verbose ${GUARD_SETTING}\`: a file that is read after ${MANAGER_FILE} must not set it.`,
  );
}

/** Whether the file is as it was installed. Pure. */
export function judgeFile(found: FoundFile | undefined): Judgement {
  const { content, mode, owner } = managerFile;
  if (found === undefined) return warning(`there is no ${MANAGER_FILE}`, GUARD_COMMAND);
  if (found.content !== content)
    return warning(`${MANAGER_FILE} differs from what this version installs`, GUARD_COMMAND);
  if (found.mode !== mode || found.owner !== owner)
    return warning(`${MANAGER_FILE} has another owner or mode`, GUARD_COMMAND);
  return ok(MANAGER_FILE);
}
