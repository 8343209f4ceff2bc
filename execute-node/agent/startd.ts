import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ATTRIBUTE, CloudJob } from "../../contract/job-ad.ts";
import { run } from "./run.ts";

/** The address of this node's startd, as the startd wrote it down. */
export async function startdAddress(): Promise<string> {
  const file = (await run("condor_config_val", ["STARTD_ADDRESS_FILE"])).trim();
  const address = (await readFile(file, "utf8")).split("\n")[0] ?? "";
  if (!address.startsWith("<")) throw new Error(`${file} holds no address of a startd`);
  return address;
}

/** A job in a slot of this node, in the startd's words: no job writes them. */
export interface SlotJob {
  /** The slot's name on this node, such as `slot1_3`; its starter has it on its command line. */
  readonly slot: string;
  readonly globalJobId: string;
  /** `<cluster>.<proc>`; unlike the GlobalJobId, its owner cannot edit it. */
  readonly jobId: string | undefined;
  /** `user@domain`, as the schedd authenticated it. */
  readonly user: string | undefined;
  readonly universe: number | undefined;
  /** The job's CloudSpec. */
  readonly specDigest: string | undefined;
  /** The job's CloudSealKey: for whom the console's password is sealed; absent where the job names nobody. */
  readonly sealKey?: string | undefined;
  /** When this run of the job began; Unix time in seconds. */
  readonly startedAt: number | undefined;
  /** What the slot reserves for its job. */
  readonly memoryMiB: number | undefined;
  readonly cpus: number | undefined;
}

/** Whether the startd takes VM jobs, and why not. */
export type VmAbility =
  | { readonly able: true }
  /**
   * `offline`: a machine could not be started, so HTCondor took the node out, and only an update of the machine ad puts
   * it back. `untested`: the startd's own test of vm-gahp failed; it tests again every VM_RECHECK_INTERVAL, and until then
   * has nothing of what a VM job needs.
   */
  | { readonly able: false; readonly kind: "offline" | "untested"; readonly reason: string; readonly since: number };

/** What the startd says of itself. */
export interface StartdView {
  readonly jobs: readonly SlotJob[];
  readonly vm: VmAbility;
}

/** What a job may have written as it liked: what is not as it should be counts as absent, and hides no other slot. */
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);

const Slots = z.array(
  z.object({
    Name: z.string(),
    GlobalJobId: text,
    JobId: text,
    RemoteOwner: text,
    JobUniverse: number,
    JobStart: number,
    Memory: number,
    Cpus: number,
    [ATTRIBUTE.spec]: text,
    [ATTRIBUTE.sealKey]: text,
    HasVM: z.boolean().nullish(),
    // Set by a successful test of vm-gahp, and by nothing else (VMUniverseMgr::publish).
    VM_Type: z.string().nullish(),
    VMOfflineReason: z.string().nullish(),
    VMOfflineTime: z.int().nullish(),
  }),
);

/**
 * Asks the startd itself and not the collector, which keeps what it heard for minutes. One command however many slots.
 *
 * @returns undefined when the startd gives no answer that can be trusted
 */
export async function askStartd(address: string): Promise<StartdView | undefined> {
  const attributes = Object.keys(Slots.element.shape).join(",");
  const args = ["-direct", address, "-json", "-attributes", attributes];
  return parseSlots(await run("condor_status", args, { timeoutSeconds: 20 }));
}

/** The jobs in this node's slots; undefined as {@link askStartd} says. */
export async function jobsInSlots(address: string): Promise<readonly SlotJob[] | undefined> {
  return (await askStartd(address))?.jobs;
}

/** Parses `condor_status -json`; no slot at all means that something went wrong, not that nothing runs. */
export function parseSlots(output: string): StartdView | undefined {
  if (output.trim() === "") return undefined;
  const slots = Slots.parse(JSON.parse(output));
  const [first] = slots;
  if (first === undefined) return undefined;
  const jobs = slots.flatMap((slot) => {
    if (slot.GlobalJobId === undefined) return [];
    // Its owner may have edited the GlobalJobId into that of a foreign job, whose machine it would keep; not the number.
    if (slot.JobId !== undefined && !slot.GlobalJobId.includes(`#${slot.JobId}#`)) return [];
    return {
      slot: slot.Name.split("@")[0] ?? slot.Name,
      globalJobId: slot.GlobalJobId,
      jobId: slot.JobId,
      user: slot.RemoteOwner,
      universe: slot.JobUniverse,
      specDigest: slot[ATTRIBUTE.spec],
      sealKey: CloudJob.shape.sealKey.safeParse(slot[ATTRIBUTE.sealKey]).data,
      startedAt: slot.JobStart,
      memoryMiB: slot.Memory,
      cpus: slot.Cpus,
    };
  });
  return { jobs, vm: abilityOf(first) };
}

/** HTCondor's mark is on all slots alike. */
function abilityOf(slot: z.infer<typeof Slots.element>): VmAbility {
  if (slot.VM_Type == null) {
    return { able: false, kind: "untested", reason: "the startd's test of vm-gahp failed", since: 0 };
  }
  if (slot.HasVM === true) return { able: true };
  const reason = slot.VMOfflineReason ?? "no reason given";
  return { able: false, kind: "offline", reason, since: slot.VMOfflineTime ?? 0 };
}
