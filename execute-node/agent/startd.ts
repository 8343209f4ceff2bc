import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { classAdAssignment } from "../../contract/classad.ts";
import { ATTRIBUTE } from "../../contract/job-ad.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./refusal.ts";
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
  readonly globalJobId: string;
  /** `<cluster>.<proc>`; unlike the GlobalJobId, its owner cannot edit it. */
  readonly jobId: string | undefined;
  /** `user@domain`, as the schedd authenticated it. */
  readonly user: string | undefined;
  readonly universe: number | undefined;
  /** The job's CloudSpec. */
  readonly specDigest: string | undefined;
  /** When this run of the job began; Unix time in seconds. */
  readonly startedAt: number | undefined;
}

const Slots = z.array(
  z.object({
    Name: z.string(),
    GlobalJobId: z.string().optional(),
    JobId: z.string().optional(),
    RemoteOwner: z.string().optional(),
    JobUniverse: z.int().optional(),
    JobStart: z.int().optional(),
    [ATTRIBUTE.spec]: z.string().optional(),
  }),
);

/**
 * The jobs in this node's slots, asked of the startd itself and not of the collector, which keeps what it heard for
 * minutes. One command however many slots.
 *
 * @returns undefined when the startd gives no answer that can be trusted
 */
export async function jobsInSlots(address: string): Promise<SlotJob[] | undefined> {
  const attributes = Object.keys(Slots.element.shape).join(",");
  const args = ["-direct", address, "-json", "-attributes", attributes];
  return parseSlots(await run("condor_status", args, { timeoutSeconds: 20 }));
}

/** Parses `condor_status -json`; no slot at all means that something went wrong, not that nothing runs. */
export function parseSlots(output: string): SlotJob[] | undefined {
  if (output.trim() === "") return undefined;
  const slots = Slots.parse(JSON.parse(output));
  if (slots.length === 0) return undefined;
  return slots.flatMap((slot) => {
    if (slot.GlobalJobId === undefined) return [];
    return {
      globalJobId: slot.GlobalJobId,
      jobId: slot.JobId,
      user: slot.RemoteOwner,
      universe: slot.JobUniverse,
      specDigest: slot[ATTRIBUTE.spec],
      startedAt: slot.JobStart,
    };
  });
}

/** How long the startd gets to read what was written to it, and how long it is left alone afterwards, in milliseconds. */
const SETTLE_MS = 50;
const REST_MS = 1000;

/**
 * Has the startd send its slot ads to the collector now. The `update:true` of a cron job should do that, and no longer
 * does: HTCondor 23.9 sends the startd's own ad alone (ResMgr::adlist_updated), and the slots' up to five minutes later.
 * An update of the machine ad does send them, within a second; it needs ADMINISTRATOR rights, which HTCondor's own
 * account has on its own machine.
 */
export class Publisher {
  readonly #file: string;
  readonly #log: Log;
  #wanted = false;
  #busy = false;
  #trouble = "";

  /** @param file - where the update of the machine ad is kept */
  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Asks for an update; what is asked for while one is on its way is one more. */
  request(): void {
    this.#wanted = true;
    if (!this.#busy) void this.#publish();
  }

  async #publish(): Promise<void> {
    this.#busy = true;
    while (this.#wanted) {
      await sleep(SETTLE_MS);
      this.#wanted = false;
      try {
        await writeFile(this.#file, `${classAdAssignment("CloudPublished", Math.floor(Date.now() / 1000))}\n`);
        await run("condor_update_machine_ad", [this.#file]);
        this.#trouble = "";
      } catch (error) {
        if (messageOf(error) !== this.#trouble) {
          this.#log(
            `the startd does not publish at once, so what this node reports is old by up to UPDATE_INTERVAL: ${messageOf(error)}. ` +
              "Give HTCondor's account the ADMINISTRATOR right on this machine (ALLOW_ADMINISTRATOR).",
          );
        }
        this.#trouble = messageOf(error);
      }
      await sleep(REST_MS);
    }
    this.#busy = false;
  }
}
