import { Command } from "commander";
import { formatImageReference } from "../../contract/image-reference.ts";
import { openContext } from "../../provider/context.ts";
import { findImage } from "../../provider/image/find.ts";
import { deleteImage } from "../../provider/image/lifecycle.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask, forEach } from "../ask.ts";
import { confirm } from "../confirm.ts";

/** `condor-cloud image remove` */
export function removeCommand(): Command {
  return new Command("remove")
    .description("Removes images from the store. One that a live machine uses is not removed.")
    .argument("<image...>", "each by its name or its reference")
    .option("--yes", "do not ask", false)
    .option("--json", "print JSON for programs", false)
    .action(async (meant: string[], { yes, json }: { yes: boolean; json: boolean }) => {
      const context = openContext(readSettings());
      const images = await forEach(meant, (image) => findImage(image, context));
      if (images.length > 0) await confirm(`Remove ${images.map(({ name }) => name).join(", ")} from the store?`, yes);
      const removed = await forEach(images, async (image) => {
        const reference = formatImageReference(image);
        await ask(`the removal of ${image.name}`, () => deleteImage(reference, { ...image }, context));
        return reference;
      });
      if (json) console.log(JSON.stringify(removed, null, 2));
      else for (const reference of removed) console.log(`Removed ${reference}.`);
    });
}
