import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { classAdAssignment } from "../../contract/classad.ts";
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

/**
 * The jobs in this node's slots, by GlobalJobId, asked of the startd itself and not of the collector, which keeps what
 * it heard for minutes. One command however many slots.
 *
 * @returns undefined when the startd gives no answer that can be trusted
 */
export async function jobsInSlots(address: string): Promise<Set<string> | undefined> {
  const args = ["-direct", address, "-json", "-attributes", "Name,GlobalJobId"];
  return parseSlots(await run("condor_status", args, { timeoutSeconds: 20 }));
}

const Slots = z.array(z.object({ Name: z.string(), GlobalJobId: z.string().optional() }));

/** Parses `condor_status -json`; no slot at all means that something went wrong, not that nothing runs. */
export function parseSlots(output: string): Set<string> | undefined {
  if (output.trim() === "") return undefined;
  const slots = Slots.parse(JSON.parse(output));
  if (slots.length === 0) return undefined;
  return new Set(slots.flatMap(({ GlobalJobId }) => (GlobalJobId === undefined ? [] : [GlobalJobId])));
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
