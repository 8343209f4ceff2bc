import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Table from "cli-table3";
import { z } from "zod";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { instanceFolderName } from "../agent/instance-folders.ts";
import type { MachineDescription, NodeStatus } from "../agent/status.ts";
import { nodePaths } from "../configuration.ts";
import { askAgent } from "./agent-client.ts";
import { installedConfiguration } from "./doctor.ts";
import { harmless, type Printer } from "./printer.ts";

/** How a status is shown. */
export interface StatusOptions {
  readonly json: boolean;
  /** Shows the passwords of VNC consoles too. */
  readonly showSecrets: boolean;
}

/** A machine as it is shown. */
type ShownMachine = MachineDescription & { readonly vncPassword?: string };

/**
 * Shows what the agent knows of this node: itself, its cache, its machines, and the consoles of those that ended.
 *
 * @returns whether the node takes machines
 * @throws Error when the agent does not answer
 */
export async function status(options: StatusOptions, printer: Printer): Promise<boolean> {
  const { stateFolder } = await installedConfiguration();
  const answer = await askAgent(stateFolder);
  if ("silence" in answer) {
    throw new Error(`The agent does not answer: ${answer.silence}. See: condor-cloud-node doctor`);
  }
  const shown = answer.status;
  const machines = options.showSecrets ? await withPasswords(shown.machines, stateFolder) : shown.machines;
  if (options.json) printer.line(JSON.stringify({ ...shown, machines }, undefined, 2));
  else printer.line(statusText(shown, machines, Date.now() / 1000));
  return (shown.node?.heartbeat ?? 0) > 0;
}

/** The passwords lie in the records, which only root and HTCondor's account read; the agent tells them nobody. */
async function withPasswords(machines: readonly MachineDescription[], stateFolder: string): Promise<ShownMachine[]> {
  return Promise.all(
    machines.map(async (machine) => {
      const file = join(nodePaths(stateFolder).instances, instanceFolderName(machine.globalJobId), "machine.json");
      const text = await readFile(file, "utf8").catch(() => "{}");
      const vncPassword = passwordIn(text);
      return vncPassword === undefined ? machine : { ...machine, vncPassword };
    }),
  );
}

/** The password that a machine's record holds; none where it cannot be read, as after a crash. Pure. */
export function passwordIn(text: string): string | undefined {
  try {
    return z.object({ vncPassword: z.string().optional() }).parse(JSON.parse(text)).vncPassword;
  } catch {
    return undefined;
  }
}

/**
 * A node's status for people. Pure.
 *
 * @param now - Unix time in seconds
 */
export function statusText(status: NodeStatus, machines: readonly ShownMachine[], now: number): string {
  return [
    nodeText(status, now),
    cacheText(status, now),
    machinesText(machines, now),
    consolesText(status, now),
    failuresText(status, now),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function nodeText({ agent, node }: NodeStatus, now: number): string {
  const lines = [`Agent      process ${agent.pid}, for ${age(now - agent.startedAt)}`];
  if (node === undefined) return [...lines, "Node       not reported yet"].join("\n");
  const takes = node.heartbeat === 0 ? "takes no machines" : "takes machines";
  lines.push(`Node       ${takes}, ${node.acceleration === "kvm" ? "by KVM" : "emulated"}`);
  lines.push(`Networks   ${node.networks.join(", ") || "none"}`);
  lines.push(`Guests     ${node.architectures.join(", ") || "none"}; ${node.firmwares.join(", ") || "no firmware"}`);
  lines.push(`Trouble    ${oneLine(node.trouble) || "none"}`);
  return lines.join("\n");
}

function cacheText({ cache }: NodeStatus, now: number): string {
  const [used, limit, available] = [cache.usedBytes, cache.limitBytes, cache.availableBytes].map(size);
  const heading = `Cache      ${used} of ${limit} used, ${available} available`;
  if (cache.images.length === 0) return heading;
  const rows = cache.images.map((image) => [
    image.name ?? "-",
    image.digest.slice(0, 12),
    size(image.diskBytes),
    image.copyingPercent === undefined ? ago(image.copiedAt, now) : `copying: ${image.copyingPercent} %`,
    ago(image.lastUsedAt, now),
    image.inUse ? "yes" : "no",
  ]);
  return `${heading}\n${table(["IMAGE", "DIGEST", "SIZE", "COPIED", "LAST USED", "IN USE"], rows)}`;
}

function machinesText(machines: readonly ShownMachine[], now: number): string {
  if (machines.length === 0) return "Machines   none";
  const secrets = machines.some(({ vncPassword }) => vncPassword !== undefined);
  const rows = machines.map((machine) => [
    machine.name ?? "-",
    jobIdOf(machine.globalJobId),
    machine.owner ?? "-",
    machine.state,
    ago(machine.startedAt ?? machine.preparedAt, now),
    machine.ipAddress ?? "-",
    machine.vncAddress ?? "-",
    size(machine.consoleBytes ?? 0),
    ...(secrets ? [machine.vncPassword ?? "-"] : []),
  ]);
  const headings = ["MACHINE", "JOB", "OWNER", "STATE", "SINCE", "IP ADDRESS", "VNC", "CONSOLE"];
  return `Machines\n${table(secrets ? [...headings, "VNC PASSWORD"] : headings, rows)}`;
}

function consolesText({ consoles }: NodeStatus, now: number): string {
  if (consoles.length === 0) return "";
  const rows = consoles.map(({ globalJobId, bytes, endedAt, path }) => [
    jobIdOf(globalJobId),
    size(bytes),
    ago(endedAt, now),
    path,
  ]);
  return `Consoles of machines that ended\n${table(["JOB", "SIZE", "ENDED", "FILE"], rows)}`;
}

function failuresText({ failures }: NodeStatus, now: number): string {
  if (failures.length === 0) return "";
  const rows = failures.map(({ globalJobId, at, message }) => [jobIdOf(globalJobId), ago(at, now), message]);
  return `Failures of the last hour\n${table(["JOB", "WHEN", "WHAT"], rows)}`;
}

/** Rows under headings, without lines. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const edges = ["top", "bottom", "left", "right", "mid"].flatMap((edge) =>
    ["", "-mid", "-left", "-right"].map((place) => `${edge}${place}`),
  );
  const shown = new Table({
    head: [...headings],
    chars: { ...Object.fromEntries(edges.map((edge) => [edge, ""])), middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  shown.push(...rows.map((row) => row.map(oneLine)));
  return shown.toString().replace(/[ ]+$/gm, "");
}

/** Words of guests and jobs, which must not look like lines of ours. */
function oneLine(text: string): string {
  return harmless(text).replace(/\s+/g, " ");
}

function ago(time: number | undefined, now: number): string {
  return time === undefined ? "-" : `${age(now - time)} ago`;
}

/** A span of time in its largest whole unit. */
function age(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  return whole < 172_800 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86_400)} days`;
}

function size(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KiB`;
  return bytes < 1024 ** 3 ? `${Math.round(bytes / 1024 ** 2)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
