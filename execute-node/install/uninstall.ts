import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { describeDomain, listDomains } from "../agent/libvirt.ts";
import { messageOf } from "../agent/refusal.ts";
import { CONFIGURATION_FILE, NodeConfigurationSchema } from "../configuration.ts";
import { lookUpAccounts } from "./accounts.ts";
import { askAgent } from "./agent-client.ts";
import { CONDOR_FILE, PROGRAM_FOLDER } from "./configuration.ts";
import { keepCopy } from "./disk.ts";
import { installedConfiguration } from "./doctor.ts";
import { findFiles } from "./file-actions.ts";
import {
  askStartd,
  busySlots,
  configuredLayout,
  reconfigure,
  refuseMachines,
  restartReason,
  restartStartd,
} from "./htcondor.ts";
import { planRemoval } from "./plan.ts";
import type { Printer } from "./printer.ts";
import { readRecord, removeRecord } from "./record.ts";

/**
 * Makes this machine an execute node no longer. It removes what an install wrote, and no machine: while one runs here, it
 * refuses. Accounts stay; node.json, the cache and the consoles go by `purge` alone.
 *
 * @returns whether nothing is left to do
 */
export async function uninstall(options: { readonly purge: boolean }, printer: Printer): Promise<boolean> {
  if (process.geteuid?.() !== 0) throw new Error("Only root can uninstall. Run it as root, by sudo.");
  // Without node.json, or with one that is broken, what lies at the default places still goes.
  const configuration = await installedConfiguration().catch(() => NodeConfigurationSchema.parse({ store: "/" }));
  const machines = await machinesHere(configuration.stateFolder);
  if (machines.length > 0) {
    printer.line(`Machines run on this node:\n  ${machines.join("\n  ")}`);
    printer.line(
      "Nothing was removed. Have their owners end them, or send the jobs elsewhere: condor_drain, condor_vacate_job",
    );
    return false;
  }

  const record = await readRecord();
  const actions = planRemoval(record, await findFiles(Object.keys(record), await lookUpAccounts(["root:root"])));
  // HTCondor's file first, and with care: until the startd has started again it would run any VM job.
  const before = await askStartd();
  if (before !== undefined) await refuseMachines();
  for (const { action, path } of [...actions].sort((one, other) => rank(one.path) - rank(other.path))) {
    if (action === "leave") printer.line(`${path} was changed since; a copy stays in ${await keepCopy(path)}`);
    await rm(path, { force: true });
    printer.progress(`removed ${path}`);
    if (path !== CONDOR_FILE || before === undefined) continue;
    await reconfigure(before);
    await refuseMachines();
    printer.progress("HTCondor has read its configuration");
  }
  await removeRecord();
  await rmdir(PROGRAM_FOLDER).catch((error: unknown) => printer.line(`${PROGRAM_FOLDER} stays: ${messageOf(error)}`));
  if (options.purge) {
    for (const path of [configuration.stateFolder, CONFIGURATION_FILE]) {
      await rm(path, { recursive: true, force: true });
      printer.progress(`removed ${path}`);
    }
    await rmdir(dirname(CONFIGURATION_FILE)).catch(() => {});
  }
  return restartWhereFree(printer);
}

function rank(path: string): number {
  return path === CONDOR_FILE ? 0 : 1;
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
