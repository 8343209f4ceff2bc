import { Command } from "commander";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { openContext } from "../../provider/context.ts";
import { TimedOutError } from "../../provider/errors.ts";
import { findMachine } from "../../provider/instance/find.ts";
import { lookFor } from "../../provider/instance/look.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask } from "../ask.ts";
import { facts } from "../text.ts";
import { openViewer } from "./viewer.ts";
import { isLoopback, parseVncAddress } from "./vnc-address.ts";

/** Where a machine's screen is. */
export interface ShownConsole {
  readonly id: string;
  readonly jobId: string;
  readonly name: string;
  readonly host: string;
  /** `host:port` of its VNC server. */
  readonly vncAddress: string;
  /** Whether only the execute node itself reaches it. */
  readonly loopback: boolean;
  /** Whether it asks for a password that the machine's owner can know. */
  readonly hasPassword: boolean;
}

/** `condor-cloud instance console` */
export function instanceConsoleCommand(): Command {
  return new Command("console")
    .description(
      "Says where a machine's screen is (VNC) and how to get its password; its serial console: `console log`.",
    )
    .argument("<machine>", "its name, its job (12.0) or its id")
    .option("--open", "start a VNC viewer (remote-viewer or vncviewer)", false)
    .option("--json", "print JSON for programs", false)
    .action(async (meant: string, options: { open: boolean; json: boolean }) => {
      const shown = await showConsole(meant);
      console.log(options.json ? JSON.stringify(shown, null, 2) : consoleFacts(shown));
      if (options.open) process.exitCode = await openViewer(shown.vncAddress);
    });
}

async function showConsole(meant: string): Promise<ShownConsole> {
  const context = openContext(readSettings());
  return await ask(`the machine ${meant}`, async () => {
    const machines = await context.pool.list();
    const { globalJobId: id } = findMachine(
      meant,
      machines.map(({ job }) => job),
    );
    const found = await lookFor(id, context);
    const { state = "gone", host = "", vncAddress = "", sealedVncPassword = "" } = found?.seen ?? {};
    if (vncAddress === "") {
      throw new TimedOutError({
        what: `${meant} (${jobIdOf(id)}) has no screen at the moment: it is ${state}.`,
        remedy: `\`condor-cloud instance show ${jobIdOf(id)}\` says more.`,
      });
    }
    const name = found?.job.cloud?.job.spec.name ?? "";
    const loopback = isLoopback(parseVncAddress(vncAddress).host);
    return { id, jobId: jobIdOf(id), name, host, vncAddress, loopback, hasPassword: sealedVncPassword !== "" };
  });
}

/** What `instance console` prints. */
export function consoleFacts(shown: ShownConsole): string {
  const { port } = parseVncAddress(shown.vncAddress);
  return facts([
    ["name", shown.name],
    ["job", shown.jobId],
    ["execute node", shown.host],
    ["vnc", shown.vncAddress],
    [
      "reached by",
      shown.loopback ? `ssh -L ${port}:${shown.vncAddress} ${shown.host}, then a viewer at localhost:${port}` : "",
    ],
    ["password", passwordWords(shown)],
    ["serial console", `condor-cloud console log ${shown.jobId}`],
  ]);
}

/** A command line has no key to what a node tells a machine's owner alone: only the state of its stack has. */
function passwordWords({ loopback, hasPassword, jobId }: ShownConsole): string {
  if (loopback) return "none: only the execute node itself reaches it";
  const owner = "`pulumi stack output --show-secrets`, where the program exports the machine's vncPassword";
  const administrator = `on the execute node, \`condor-cloud-node status --show-secrets\` (job ${jobId})`;
  return hasPassword ? `${owner}; or ${administrator}` : administrator;
}
