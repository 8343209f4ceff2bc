import { readFile, rm } from "node:fs/promises";
import { isMissing } from "../agent/files.ts";
import { describeDomain, listDomains } from "../agent/libvirt.ts";
import { messageOf } from "../agent/refusal.ts";
import {
  CONFIGURATION_FILE,
  NodeConfigurationSchema,
  parseNodeConfiguration,
  type ResolvedNodeConfiguration,
} from "../configuration.ts";
import { lookUpAccounts } from "./accounts.ts";
import { askAgent } from "./agent-client.ts";
import { endAgent, findAgents } from "./agent-process.ts";
import { CONDOR_FILE, PROGRAM_FOLDER } from "./configuration.ts";
import { exists, keepCopy } from "./disk.ts";
import { findFiles } from "./file-actions.ts";
import {
  askStartd,
  busySlots,
  configuredLayout,
  machineSlots,
  reconfigure,
  refuseMachines,
  restartReason,
  restartStartd,
  type Startd,
  waitFor,
} from "./htcondor.ts";
import { type FileAction, type InstalledRecord, planRemoval } from "./plan.ts";
import type { Printer } from "./printer.ts";
import { purge, removeEmptyFolder } from "./purge.ts";
import { readRecord, removeRecord } from "./record.ts";
import { removeRule } from "./selinux.ts";

/** What the startd starts as the agent. */
const AGENT_FILE = `${PROGRAM_FOLDER}/agent`;

/** An agent ends between two commands that it runs. */
const AGENT_END_SECONDS = 30;

/**
 * Makes this machine an execute node no longer. It removes what an install wrote, and no machine: while one runs here, it
 * refuses. Accounts stay; node.json, the cache and the consoles go by `purge` alone. The same command completes what was
 * interrupted.
 *
 * @returns whether nothing is left to do
 * @throws Error when it cannot be told what runs here, or where the state lies that is to be purged
 */
export async function uninstall(options: { readonly purge: boolean }, printer: Printer): Promise<boolean> {
  if (process.geteuid?.() !== 0) throw new Error("Only root can uninstall. Run it as root, by sudo.");
  const configuration = await configurationToRemove(options.purge);
  const record = await readRecord();
  // The record goes last, so without one nothing of ours is in HTCondor: it is left alone.
  if (Object.keys(record).length > 0) {
    if (!(await leavePool(configuration, record, printer))) return false;
  } else if (await exists(CONDOR_FILE)) {
    throw new Error(
      `${CONDOR_FILE} is here, but no record of an install. Install once more, then uninstall: nothing was removed.`,
    );
  }
  await removeRule(configuration.stateFolder, printer);
  await removeRecord();
  await removeEmptyFolder(PROGRAM_FOLDER, printer);
  if (options.purge) await purge(configuration, printer);
  return restartWhereFree(printer);
}

/** What is installed, or what lies at the default places. */
async function configurationToRemove(purge: boolean): Promise<ResolvedNodeConfiguration> {
  const text = await readFile(CONFIGURATION_FILE, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const byDefault = NodeConfigurationSchema.parse({ store: "/nonexistent" });
  if (text === undefined) return byDefault;
  try {
    return parseNodeConfiguration(text);
  } catch (error) {
    // Where the state lies that is to be purged stands in it alone.
    if (purge) throw error;
    return byDefault;
  }
}

/**
 * Takes the node out for virtual machines, in an order that lets no VM job of anybody's start meanwhile: until the startd
 * has started again it would run any, and the agent, while it lives, puts the node back.
 *
 * @returns whether the files are gone; not while machines run here
 */
async function leavePool(
  configuration: ResolvedNodeConfiguration,
  record: InstalledRecord,
  printer: Printer,
): Promise<boolean> {
  const startd = await askStartd();
  if (!(await isFree(configuration, startd, "Nothing was removed.", printer))) return false;
  const actions = planRemoval(record, await findFiles(Object.keys(record), await lookUpAccounts(["root:root"])));
  if (startd !== undefined) {
    await refuseMachines();
    // One may have come between the look and the refusal.
    const after = "Nothing was removed; the agent puts the node back by itself.";
    if (!(await isFree(configuration, await askStartd(), after, printer))) return false;
  }

  // Without its program the startd cannot start the agent again; our START and hook are still there.
  await removeFiles(
    actions.filter(({ path }) => path === AGENT_FILE),
    printer,
  );
  await endAgents(configuration.condorAccount);
  if (startd !== undefined) {
    await refuseMachines();
    const after = "The agent was stopped. Uninstall again once they have ended, or install again to keep the node.";
    if (!(await isFree(configuration, await askStartd(), after, printer))) return false;
  }

  await removeFiles(
    actions.filter(({ path }) => path === CONDOR_FILE),
    printer,
  );
  const before = await askStartd();
  if (before !== undefined) {
    await reconfigure(before);
    await refuseMachines();
    printer.progress("HTCondor has read its configuration");
  }
  await removeFiles(
    actions.filter(({ path }) => path !== CONDOR_FILE && path !== AGENT_FILE),
    printer,
  );
  return true;
}

/** Whether no machine runs here, ours or anybody's; says which do, and what was done. */
async function isFree(
  { stateFolder }: ResolvedNodeConfiguration,
  startd: Startd | undefined,
  done: string,
  printer: Printer,
): Promise<boolean> {
  const slots = startd === undefined ? [] : machineSlots(startd).map((slot) => `a VM job in ${slot}`);
  const machines = [...(await machinesHere(stateFolder)), ...slots];
  if (machines.length === 0) return true;
  printer.line(`Machines run on this node:\n  ${machines.join("\n  ")}`);
  printer.line(`${done} Have their owners end them, or send the jobs elsewhere: condor_drain, condor_vacate_job`);
  return false;
}

async function removeFiles(actions: readonly FileAction[], printer: Printer): Promise<void> {
  for (const { action, path } of actions) {
    if (action === "leave") printer.line(`${path} was changed since; a copy stays in ${await keepCopy(path)}`);
    await rm(path, { force: true });
    printer.progress(`removed ${path}`);
  }
}

async function endAgents(account: string): Promise<void> {
  for (const pid of await findAgents(account)) await endAgent(pid);
  await waitFor("the agent to end", AGENT_END_SECONDS, async () => (await findAgents(account)).length === 0);
}

/** The startd keeps what it has read at its start about virtual machines, so it starts again, unless jobs run in it. */
async function restartWhereFree(printer: Printer): Promise<boolean> {
  const startd = await askStartd();
  if (startd === undefined || restartReason(startd, await configuredLayout()) === undefined) return true;
  const busy = busySlots(startd);
  if (busy.length > 0) {
    printer.line(`left to do, once the jobs in ${busy.join(", ")} have ended: condor_restart -peaceful -startd`);
    return false;
  }
  await restartStartd(startd);
  printer.progress("the startd runs anew");
  return true;
}

/** The machines of this node, as its agent knows them, or libvirt where there is no agent. Throws where neither answers. */
async function machinesHere(stateFolder: string): Promise<string[]> {
  const answer = await askAgent(stateFolder);
  if ("status" in answer) {
    return answer.status.machines.map(({ globalJobId, name, owner, state }) =>
      [name ?? "a machine", `of ${owner ?? "nobody known"}`, state, `job ${globalJobId}`].join(", "),
    );
  }
  try {
    const machines: string[] = [];
    for (const [name] of await listDomains()) {
      const facts = await describeDomain(name);
      if (facts !== "foreign") machines.push(`domain ${name}, job ${facts.globalJobId}`);
    }
    return machines;
  } catch (cause) {
    throw new Error(
      `Neither the agent nor libvirt says whether machines run here (${messageOf(cause)}). Start libvirt, then uninstall again.`,
      { cause },
    );
  }
}
