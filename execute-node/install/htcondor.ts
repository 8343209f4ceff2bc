import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { VM_UNIVERSE } from "../../contract/job-ad.ts";
import { SLOT_ATTRIBUTE } from "../../contract/node-report.ts";
import { isMissing } from "../agent/files.ts";
import { messageOf } from "../agent/refusal.ts";
import { runPatiently } from "./patient-run.ts";

/** A value of HTCondor's configuration on this machine; undefined where it is not set. */
export function configValue(name: string): Promise<string | undefined> {
  return valueBy([name]);
}

/** The same as the startd has it, by STARTD.NAME where that is set. */
export function startdValue(name: string): Promise<string | undefined> {
  return valueBy(["-subsystem", "STARTD", name]);
}

async function valueBy(args: readonly string[]): Promise<string | undefined> {
  try {
    return (await runPatiently("condor_config_val", args)).trim();
  } catch (error) {
    if (messageOf(error).includes("Not defined")) return undefined;
    throw error;
  }
}

const Slots = z.array(
  z.object({
    Name: z.string(),
    Machine: z.string(),
    State: z.string(),
    JobUniverse: z.int().nullish(),
    TotalCpus: z.number(),
    TotalMemory: z.number(),
    VM_Type: z.string().nullish(),
    /** How many machines may still start. */
    VM_AvailNum: z.int().nullish(),
    HasVM: z.boolean().nullish(),
    VMOfflineReason: z.string().nullish(),
    /** What troubles the agent, as it last published it. */
    [SLOT_ATTRIBUTE.trouble]: z.string().nullish(),
  }),
);

/** This machine's startd, as it answers. */
export interface Startd {
  readonly address: string;
  /** When it last read its configuration; Unix time in milliseconds. */
  readonly configuredAtMs: number;
  readonly slots: z.infer<typeof Slots>;
}

/**
 * Asks this machine's startd; undefined where HTCondor does not run. It writes its address down when it starts and again
 * when it has read its configuration anew.
 *
 * @throws Error with HTCondor's words where it may run and gives no answer
 */
export async function askStartd(): Promise<Startd | undefined> {
  const file = await configValue("STARTD_ADDRESS_FILE");
  if (file === undefined) return undefined;
  const attributes = Object.keys(Slots.element.shape).join(",");
  try {
    const [address = ""] = (await readFile(file, "utf8")).split("\n");
    const { mtimeMs } = await stat(file);
    const output = await runPatiently("condor_status", ["-direct", address, "-json", "-attributes", attributes]);
    const slots = Slots.parse(output.trim() === "" ? [] : JSON.parse(output));
    if (slots.length === 0) throw new Error(`The startd at ${address} names no slot.`);
    return { address, configuredAtMs: mtimeMs, slots };
  } catch (error) {
    if (isMissing(error) || isNobodyThere(messageOf(error))) return undefined;
    throw error;
  }
}

/** Whether condor_status says that nobody listens where the startd did; whatever else it says is no such proof. Pure. */
export function isNobodyThere(words: string): boolean {
  return /(?:cannot|can't|failed to|unable to) connect|can't find address|connection refused/i.test(words);
}

/** The slots in which a machine runs, or is about to, whoever's it is. */
export function machineSlots({ slots }: Startd): string[] {
  return slots.filter(({ JobUniverse }) => JobUniverse === VM_UNIVERSE).map(({ Name }) => Name);
}

/** The slots in which a job runs, or is about to. */
export function busySlots({ slots }: Startd): string[] {
  return slots
    .filter(({ State }) => !["Owner", "Unclaimed", "Matched", "Drained", "Backfill"].includes(State))
    .map(({ Name }) => Name);
}

/** What a startd has only read when it started, as its configuration says now. */
export interface Layout {
  readonly vmType: string | undefined;
  readonly cpus: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly maxMachines: number | undefined;
}

/** Reads what the startd would have if it were started now. */
export async function configuredLayout(): Promise<Layout> {
  const [vmType, cpus, memoryMiB, reservedMiB, maxMachines] = await Promise.all([
    configValue("VM_TYPE"),
    evaluated("NUM_CPUS"),
    evaluated("MEMORY"),
    evaluated("RESERVED_MEMORY"),
    evaluated("VM_MAX_NUMBER"),
  ]);
  return { vmType, cpus, memoryMiB: memoryOffered(memoryMiB, reservedMiB), maxMachines };
}

/** What the startd offers of MEMORY: RESERVED_MEMORY of it stays the machine's own (sysapi_phys_memory). Pure. */
export function memoryOffered(memoryMiB: number | undefined, reservedMiB = 0): number | undefined {
  return memoryMiB === undefined ? undefined : Math.max(0, memoryMiB - reservedMiB);
}

/** Why a running startd has to be started again to be as its configuration says; undefined where it has not. Pure. */
export function restartReason(startd: Startd, layout: Layout): string | undefined {
  const [slot] = startd.slots;
  if (slot === undefined) return undefined;
  const runs = slot.VM_Type ?? undefined;
  if (runs !== layout.vmType)
    return `it offers ${runs === undefined ? "no virtual machines" : `machines of type ${runs}`}`;
  if (layout.cpus !== undefined && Math.floor(layout.cpus) !== Math.floor(slot.TotalCpus)) {
    return `it offers ${slot.TotalCpus} processors, not ${layout.cpus}`;
  }
  if (layout.memoryMiB !== undefined && Math.floor(layout.memoryMiB) !== Math.floor(slot.TotalMemory)) {
    return `it offers ${slot.TotalMemory} MiB of memory, not ${layout.memoryMiB}`;
  }
  if (slot.VM_AvailNum == null) return undefined;
  // It says how many may still start.
  const most = slot.VM_AvailNum + machineSlots(startd).length;
  return most === layout.maxMachines ? undefined : `it takes ${most} machines at once, not ${layout.maxMachines}`;
}

/** Has all of HTCondor's daemons on this machine read their configuration, and waits until the startd has. */
export async function reconfigure(before: Startd): Promise<void> {
  await runPatiently("condor_reconfig", []);
  await waitFor("the startd to read its configuration", 30, async () => {
    const now = await askStartd().catch(() => undefined);
    return now !== undefined && now.configuredAtMs > before.configuredAtMs;
  });
}

/** Starts the startd again once no job is in its slots, and waits until it answers. */
export async function restartStartd(before: Startd): Promise<void> {
  // Peaceful: a job that came in the meantime keeps its machine.
  await runPatiently("condor_restart", ["-peaceful", "-startd"]);
  await waitFor("the startd to start again", 90, async () => {
    const now = await askStartd().catch(() => undefined);
    return now !== undefined && now.configuredAtMs > before.configuredAtMs;
  });
}

const NO_MACHINES = `HasVM = False
OfflineUniverses = {"VM",13}
VMOfflineReason = "Condor Cloud was removed from this machine"
`;

/**
 * Keeps VM jobs away from the running startd at once. Until it is started again it says that it can run them, whatever
 * it reads, and without our START it would start a stranger's machine by the job's own words, as root.
 */
export async function refuseMachines(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-"));
  try {
    const file = join(folder, "no-machines.ad");
    await writeFile(file, NO_MACHINES);
    await runPatiently("condor_update_machine_ad", [file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function evaluated(name: string): Promise<number | undefined> {
  return productOf((await configValue(name)) ?? "");
}

/**
 * The value of a number, or of a product as our configuration has them, `int(2 * 1.5)`: HTCondor's daemons work it out,
 * its commands do not. Pure.
 */
export function productOf(text: string): number | undefined {
  const isWhole = /^int\((.*)\)$/.exec(text.trim());
  if (isWhole?.[1] !== undefined) {
    const product = productOf(isWhole[1]);
    return product === undefined ? undefined : Math.trunc(product);
  }
  const factors = text.split("*").map((factor) => factor.trim());
  if (!factors.every((factor) => /^\d+(?:\.\d+)?$/.test(factor))) return undefined;
  return factors.reduce((product, factor) => product * Number(factor), 1);
}

/** Looks every half second until it is so; says what did not come. */
export async function waitFor(what: string, timeoutSeconds: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutSeconds} s in vain for ${what}.`);
    await sleep(500);
  }
}
