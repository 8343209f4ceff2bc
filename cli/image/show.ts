import { Command } from "commander";
import { type Context, openContext } from "../../provider/context.ts";
import { CloudError } from "../../provider/errors.ts";
import { findImage } from "../../provider/image/find.ts";
import { type ImageView, imageViewOf } from "../../provider/image/list.ts";
import { type ImageUser, imageUsers } from "../../provider/instance/list.ts";
import { readSettings } from "../../provider/settings.ts";
import { tell } from "../ask.ts";
import { bytesText, facts, labelsText, oneLine } from "../text.ts";

const BYTES_PER_GIB = 1024 ** 3;

/** All that is known of an image. */
interface ShownImage extends ImageView {
  readonly machineType: string | undefined;
  /** The machines that need it; undefined where the pool does not answer. */
  readonly machines: readonly ImageUser[] | undefined;
  /** The execute nodes that have it in their cache; undefined where the pool does not answer. */
  readonly nodes: readonly string[] | undefined;
}

/** `condor-cloud image show` */
export function showCommand(): Command {
  return new Command("show")
    .description("Shows all that is known of an image, and which machines need it.")
    .argument("<image>", "its name or its reference")
    .option("--json", "print JSON for programs", false)
    .action(async (meant: string, { json }: { json: boolean }) => {
      const context = openContext(readSettings());
      const manifest = await findImage(meant, context);
      const { machineType } = manifest;
      const image = { ...imageViewOf(manifest), machineType, ...(await usesOf(manifest.digest, context)) };
      console.log(json ? JSON.stringify(image, null, 2) : imageFacts(image));
    });
}

/** The store tells most of it, also while the pool is down. */
async function usesOf(digest: string, context: Context): Promise<Pick<ShownImage, "machines" | "nodes">> {
  try {
    const [machines, nodes] = await Promise.all([imageUsers(context, digest), context.pool.nodes()]);
    const having = nodes.filter(({ report }) => report.images.includes(digest)).map(({ host }) => host);
    return { machines, nodes: [...new Set(having)].sort() };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    tell(`Which machines need it is not known.\n  ${error.message}`);
    return { machines: undefined, nodes: undefined };
  }
}

/** What `image show` prints. */
export function imageFacts(image: ShownImage): string {
  return facts([
    ["name", image.name],
    ["reference", image.reference],
    ["format", image.format],
    ["disk", bytesText(image.virtualSizeGiB * BYTES_PER_GIB)],
    ["size", bytesText(image.sizeBytes)],
    ["architecture", image.architecture],
    ["firmware", image.firmware],
    ["machine type", image.machineType ?? ""],
    ["added", image.createdAt],
    ["description", oneLine(image.description)],
    ["labels", labelsText(image.labels)],
    ["machines", listed(image.machines?.map(({ name, jobId }) => `${name} (${jobId})`))],
    ["nodes", listed(image.nodes)],
  ]);
}

function listed(words: readonly string[] | undefined): string {
  if (words === undefined) return "not known";
  return words.length === 0 ? "-" : words.join(", ");
}
