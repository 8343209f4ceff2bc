import { Command } from "commander";
import { openContext } from "../../provider/context.ts";
import { type Pruning, pruneImages } from "../../provider/image/prune.ts";
import { readSettings } from "../../provider/settings.ts";
import type { Leftover } from "../../provider/store/store.ts";
import { ask } from "../ask.ts";
import { bytesText } from "../text.ts";
import { shortDigest } from "./image-table.ts";

/** `condor-cloud image prune` */
export function pruneCommand(): Command {
  return new Command("prune")
    .description("Removes what no image's name stands for and no live machine needs.")
    .option("--dry-run", "say what would be removed, and remove nothing", false)
    .option("--json", "print JSON for programs", false)
    .action(async ({ dryRun, json }: { dryRun: boolean; json: boolean }) => {
      const context = openContext(readSettings());
      const pruning = await ask("the pruning of the store", () => pruneImages(context, dryRun));
      console.log(json ? JSON.stringify({ dryRun, ...pruning }, null, 2) : pruningLines(pruning, dryRun));
    });
}

/** What `image prune` prints. */
export function pruningLines({ removed, kept, freedBytes }: Pruning, dryRun: boolean): string {
  const verb = dryRun ? "Would remove" : "Removed";
  const needed = kept.map(({ digest, names, users }) => {
    const machines = users.map(({ name, jobId }) => `${name} (${jobId})`).join(", ");
    return `Kept ${imageWords(digest, names)}: needed by ${machines}.`;
  });
  const gone = removed.map((leftover) => `${verb} ${leftoverWords(leftover)}, ${bytesText(leftover.diskBytes)}.`);
  const sum = removed.length === 0 ? "Nothing to remove." : `${verb} ${bytesText(freedBytes)} in all.`;
  return [...needed, ...gone, sum].join("\n");
}

function leftoverWords(leftover: Leftover): string {
  if (leftover.kind === "temporary") return `what a writer that died left, ${leftover.path}`;
  return imageWords(leftover.digest, leftover.names);
}

function imageWords(digest: string, names: readonly string[]): string {
  const was = names.length === 0 ? "which has no name" : `which was ${names.join(", ")}`;
  return `the image ${shortDigest(digest)}, ${was}`;
}
