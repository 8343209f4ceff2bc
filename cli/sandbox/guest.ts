import { constants } from "node:fs";
import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Argument, Command } from "commander";
import { checkHost } from "../../sandbox/actions/preflight.ts";
import { SandboxError } from "../../sandbox/errors.ts";
import type { GuestOptions } from "../../sandbox/guest/cached.ts";
import { debianGuest } from "../../sandbox/guest/debian-guest.ts";
import { smallGuest, uefiGuest } from "../../sandbox/guest/small-guest.ts";
import { interruptible } from "../interruption.ts";
import { Phases } from "../phases.ts";

/** The guests that can be built, by the name they are asked for with. */
const GUESTS: Readonly<Record<string, (options: GuestOptions) => Promise<string>>> = {
  debian: debianGuest,
  small: smallGuest,
  uefi: uefiGuest,
};

/** `condor-cloud sandbox guest` */
export function guestCommand(): Command {
  return new Command("guest")
    .description("Build a guest's disk image from Debian's packages, once, and print its path")
    .addArgument(
      new Argument(
        "<kind>",
        "debian: a Debian 13 with cloud-init and SSH, BIOS and UEFI; small, uefi: 24 MiB that boot in seconds",
      ).choices(Object.keys(GUESTS)),
    )
    .option("--out <file>", "copy it there, and print that path; absent: the path in the cache")
    .action(async (kind: string, { out }: { out?: string }) => {
      await checkHost({ isNew: false });
      const build = GUESTS[kind] ?? debianGuest;
      const image = await interruptible((signal) => build({ reporter: new Phases(), signal }));
      console.log(out === undefined ? image : await copied(image, resolve(out)));
    });
}

/** Copies a guest out of the cache. A file that is there already stays as it is. */
async function copied(image: string, target: string): Promise<string> {
  try {
    await copyFile(image, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return target;
  } catch (cause) {
    throw new SandboxError({
      what: `The guest could not be copied to ${target}.`,
      why: cause instanceof Error ? cause.message : String(cause),
      remedy: `Give another --out, or take it from the cache: ${image}`,
      cause,
    });
  }
}
