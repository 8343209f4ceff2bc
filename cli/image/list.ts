import { Command } from "commander";
import { openContext } from "../../provider/context.ts";
import { listImages } from "../../provider/image/list.ts";
import { readSettings } from "../../provider/settings.ts";
import { parseWatch, show, WATCH_OPTION, type Watch } from "../watch.ts";
import { imageTable } from "./image-table.ts";

/** `condor-cloud image list` */
export function listCommand(): Command {
  return new Command("list")
    .description("Lists the images in the store.")
    .option("--json", "print JSON for programs", false)
    .option(...WATCH_OPTION, parseWatch)
    .action(async ({ json, watch }: { json: boolean; watch?: Watch }) => {
      const context = openContext(readSettings());
      await show(watch, async () => {
        const images = await listImages(context);
        if (json) return JSON.stringify(images, null, watch === undefined ? 2 : 0);
        return images.length === 0 ? "No image in the store." : imageTable(images);
      });
    });
}
