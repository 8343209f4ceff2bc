import { parse as parsePath } from "node:path";
import { ATTRIBUTE } from "../../../contract/job-ad.ts";
import type { ResolvedNodeConfiguration } from "../../configuration.ts";
import { CONDOR_FILE, PROGRAM_FOLDER } from "../configuration.ts";
import { configValue, startdValue } from "../htcondor.ts";
import { type Check, failed, type Judgement, ok, warning } from "./check.ts";
import { isBoundByOurs } from "./start-expression.ts";

/** What HTCondor's configuration must be before ours is added. */
export const condorChecks: readonly Check[] = [
  {
    name: "HTCondor's configuration folders",
    judge: async () => judgeFolders(await configValue("LOCAL_CONFIG_DIR")),
  },
  { name: "HTCondor's daemons", judge: async () => judgeDaemons(await configValue("DAEMON_LIST")) },
  {
    name: "HTCondor's administrators",
    judge: async ({ condorAccount }) => judgeAdministrators(condorAccount, await startdValue("ALLOW_ADMINISTRATOR")),
  },
];

/** What HTCondor's configuration must be with ours in it. */
export const installedCondorChecks: readonly Check[] = [
  {
    name: "HTCondor's settings",
    judge: async (configuration) => {
      const expected = expectedSettings(configuration);
      const names = Object.keys(expected);
      const values = await Promise.all(names.map(configValue));
      return judgeSettings(expected, new Map(names.map((name, index) => [name, values[index]])));
    },
  },
  { name: "HTCondor's START", judge: async () => judgeStart(await configValue("START")) },
];

/** Whether HTCondor reads the folder that our file is in. Pure. */
export function judgeFolders(folders: string | undefined): Judgement {
  const { dir } = parsePath(CONDOR_FILE);
  const list = (folders ?? "").split(/[\s,]+/).filter((folder) => folder !== "");
  if (list.includes(dir)) return ok(list.join(", "));
  return failed(
    `LOCAL_CONFIG_DIR is ${list.join(", ") || "not set"}`,
    `HTCondor must read ${dir}: add it to LOCAL_CONFIG_DIR in its configuration.`,
  );
}

/** Whether this machine runs jobs. Pure. */
export function judgeDaemons(daemons: string | undefined): Judgement {
  const list = (daemons ?? "").split(/[\s,]+/).filter((daemon) => daemon !== "");
  if (list.includes("STARTD")) return ok(list.join(", "));
  return failed(
    `DAEMON_LIST is ${list.join(", ") || "not set"}`,
    'This is no execute node yet: `use ROLE: Execute` in HTCondor\'s configuration, or "STARTD" in DAEMON_LIST.',
  );
}

/** Whether the agent, which runs as HTCondor's account, may publish what it reports. Pure. */
export function judgeAdministrators(account: string, allowed: string | undefined): Judgement {
  const list = (allowed ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  if (list.some((entry) => entry === "*" || isAnywhere(entry, account))) {
    return ok(`${account} may publish`);
  }
  // Hosts, or accounts at some hosts: which are this one only HTCondor knows.
  if (list.some((entry) => !entry.includes("@") || isAnywhere(entry.split("/")[0] ?? "", account))) {
    return warning(
      `ALLOW_ADMINISTRATOR is ${list.join(", ")}`,
      `The agent publishes its reports as ${account}; the doctor's check of publishing says whether that is allowed.`,
    );
  }
  return failed(
    `ALLOW_ADMINISTRATOR is ${list.join(", ") || "not set"}`,
    `The agent publishes its reports as ${account}: ALLOW_ADMINISTRATOR = $(ALLOW_ADMINISTRATOR) ${account}@$(UID_DOMAIN)`,
  );
}

/** Whether an entry admits an account of some domain, or all accounts, from every host. */
function isAnywhere(entry: string, account: string): boolean {
  return !entry.includes("/") && (entry.startsWith("*@") || entry.startsWith(`${account}@`));
}

/** Settings of ours that nothing read later may change, or whose list must hold ours. */
export function expectedSettings({ jobAccount }: ResolvedNodeConfiguration): Readonly<Record<string, string>> {
  return {
    VM_TYPE: "kvm",
    LIBVIRT_XML_SCRIPT: `${PROGRAM_FOLDER}/domain`,
    CLOUD_HOOK_PREPARE_JOB: `${PROGRAM_FOLDER}/prepare`,
    STARTD_CRON_JOBLIST: "CLOUD_AGENT",
    STARTD_CRON_CLOUD_AGENT_EXECUTABLE: `${PROGRAM_FOLDER}/agent`,
    SLOT1_1_USER: jobAccount,
    STARTD_ATTRS: "CloudAdmission",
    STARTD_JOB_ATTRS: ATTRIBUTE.spec,
  };
}

/** Whether HTCondor, after all files, has the settings that it must. Pure. */
export function judgeSettings(
  expected: Readonly<Record<string, string>>,
  actual: ReadonlyMap<string, string | undefined>,
): Judgement {
  const wrong = Object.entries(expected).filter(
    ([name, value]) => !(actual.get(name) ?? "").split(/[\s,]+/).includes(value),
  );
  if (wrong.length === 0) return ok("as installed");
  const words = wrong.map(([name, value]) => `${name} is ${actual.get(name) ?? "not set"}, not ${value}`);
  return failed(
    words.join("; "),
    `See \`condor_config_val -verbose ${wrong[0]?.[0]}\`: a file that is read after ${CONDOR_FILE} must not set these.`,
  );
}

/** Whether START, after all files, still refuses what ours refuses. Pure. */
export function judgeStart(start: string | undefined): Judgement {
  if (start?.includes('TARGET.HookKeyword =?= "CLOUD"')) {
    if (isBoundByOurs(start)) return ok("refuses VM jobs that are not ours");
    return warning(
      "it holds our part, but may admit what that refuses",
      "Let a file that is read later only add to START by &&: START = ($(START)) && …; see `condor_config_val -verbose START`.",
    );
  }
  return failed(
    `START is ${start ?? "not set"}`,
    `A file that is read after ${CONDOR_FILE} replaces START, so any VM job could start here, and use the host's disks. ` +
      "Let it add to START instead: START = ($(START)) && …; see `condor_config_val -verbose START`.",
  );
}
