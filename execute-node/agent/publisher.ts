import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { classAdAssignment } from "../../contract/classad.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./refusal.ts";
import { run } from "./run.ts";

/** How long the startd gets to read what was written to it, and how long it is left alone afterwards, in milliseconds. */
const SETTLE_MS = 50;
const REST_MS = 300;

/** How long after the last update one more is sent: what the startd does with a slot whose job has ended takes a moment. */
const AFTERWARDS_MS = 3000;

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
  #afterwards: NodeJS.Timeout | undefined;
  #trouble = "";

  /** @param file - where the update of the machine ad is kept */
  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /**
   * Asks for an update; what is asked for while one is on its way is one more. Another follows when all is quiet: the
   * room that a slot gives back, by which machines are spread over nodes, is news that nobody reports.
   */
  request(): void {
    clearTimeout(this.#afterwards);
    this.#afterwards = setTimeout(() => this.#send(), AFTERWARDS_MS);
    this.#send();
  }

  #send(): void {
    this.#wanted = true;
    if (!this.#busy) void this.#publish();
  }

  /**
   * Has the startd take VM jobs again after a failure took it out of the pool (HTCondor manual, "Virtual Machine
   * Applications"): it clears OfflineUniverses, VMOfflineReason and VMOfflineTime with it.
   *
   * @throws Error with HTCondor's words when it does not
   */
  async putBack(): Promise<void> {
    const file = `${this.#file}.back`;
    await writeFile(file, `${classAdAssignment("HasVM", true)}\n`);
    await run("condor_update_machine_ad", [file]);
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
