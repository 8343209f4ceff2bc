import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { NetworkName } from "../../contract/patterns.ts";
import { DHCP_FORMATS, type DhcpFormat, dhcpEntries } from "../../provider/address/dhcp.ts";
import { configuredPool } from "../../provider/address/list.ts";
import { pairsOf } from "../../provider/address/pool.ts";
import { InvalidInputError } from "../../provider/errors.ts";
import { readSettings } from "../../provider/settings.ts";
import { tell } from "../ask.ts";

interface Options {
  readonly format: DhcpFormat;
  readonly network?: string;
  readonly out?: string;
}

/** `condor-cloud addresses export` */
export function exportCommand(): Command {
  return new Command("export")
    .description("Writes the address pool as host entries for a site's DHCP server.")
    .addOption(new Option("--format <server>", "whose format").choices(DHCP_FORMATS).makeOptionMandatory())
    .option("--network <name>", "only the pairs that serve this network; default: all", parseNetwork)
    .option("--out <file>", "write into this file; default: standard output")
    .action(async ({ format, network, out }: Options) => {
      const pool = await configuredPool({ settings: readSettings() });
      const pairs = network === undefined ? pool : pairsOf(pool, network);
      const text = dhcpEntries(format, pairs);
      if (out === undefined) return void process.stdout.write(text);
      await writeOut(out, text);
      tell(
        `Wrote ${pairs.length} ${pairs.length === 1 ? "entry" : "entries"} to ${out}. Have the DHCP server read it.`,
      );
    });
}

async function writeOut(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new InvalidInputError({
      what: `--out ${path} cannot be written.`,
      why: cause instanceof Error ? cause.message : String(cause),
      remedy: "Name a file in a folder that exists and that you may write.",
      cause,
    });
  }
}

function parseNetwork(text: string): string {
  const name = NetworkName.safeParse(text);
  if (name.success) return name.data;
  throw new InvalidArgumentError(`It ${name.error.issues[0]?.message}.`);
}
