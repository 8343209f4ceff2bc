import { basename, extname, resolve } from "node:path";
import { Command, Option } from "commander";
import { Architecture, Firmware, MachineType } from "../../contract/image-manifest.ts";
import { openContext } from "../../provider/context.ts";
import { checkImage } from "../../provider/image/check.ts";
import { findImage } from "../../provider/image/find.ts";
import { createImage } from "../../provider/image/lifecycle.ts";
import { imageViewOf } from "../../provider/image/list.ts";
import { Operation } from "../../provider/operation.ts";
import { readSettings } from "../../provider/settings.ts";
import { tell } from "../ask.ts";
import { CopyProgress } from "../copy-progress.ts";
import { interruptible } from "../interruption.ts";
import { addLabel, refuse } from "../options.ts";

interface Options {
  readonly name?: string;
  readonly firmware?: string;
  readonly machineType?: string;
  readonly architecture?: string;
  readonly description?: string;
  readonly label?: Record<string, string>;
  readonly json: boolean;
}

/** `condor-cloud image add` */
export function addCommand(): Command {
  return new Command("add")
    .description("Adds a disk image to the store, and prints its reference.")
    .argument("<file>", "a qcow2 or raw disk image, or a folder that holds exactly one")
    .option("--name <name>", "its name in the store; default: the file's, without its ending")
    .addOption(new Option("--firmware <firmware>", "what it boots by; default: bios").choices(Firmware.options))
    .addOption(
      new Option(
        "--machine-type <type>",
        "the machine that its guest sees; default: what suits its architecture",
      ).choices(MachineType.options),
    )
    .addOption(new Option("--architecture <name>", "default: x86_64").choices(Architecture.options))
    .option("--description <text>", "free text for people")
    .option("--label <key=value>", "free text for people and programs; may be given again", addLabel)
    .option("--json", "print JSON for programs", false)
    .action((file: string, options: Options) => interruptible((signal) => add(file, options, signal)));
}

async function add(file: string, options: Options, signal: AbortSignal): Promise<void> {
  const { json, label: labels, name = nameOf(file), ...rest } = options;
  const context = openContext(readSettings());
  const progress = new CopyProgress();
  const operation = new Operation({ signal, advance: progress.advance });
  try {
    const given = { source: resolve(file), name, labels, ...rest };
    const { inputs, failures } = await checkImage(given, new Set(), context, {}, operation);
    refuse(`The image ${file} was not added.`, failures, { source: file });
    const { id } = await createImage(inputs, context, operation);
    progress.stop();
    if (json) console.log(JSON.stringify(imageViewOf(await findImage(id, context)), null, 2));
    else console.log(id);
    tell(`The image ${name} is in the store.`);
  } finally {
    progress.stop();
  }
}

/** What an image is called whose file has this name, as far as that can be a name in the store. */
export function nameOf(file: string): string {
  const name = basename(resolve(file));
  return name.slice(0, name.length - extname(name).length).toLowerCase();
}
