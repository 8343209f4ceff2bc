import { Command } from "commander";
import type { InstallOptions } from "./options.ts";
import { UsageError } from "./options.ts";
import { harmless, terminalPrinter } from "./printer.ts";

/** A command that began and could not end well. */
const FAILED = 1;
/** A command that was asked for in a way that cannot be. */
const USAGE = 2;

const EXIT_STATUS = `
Exit status: 0 all is well; 1 something failed or, with --apply, is left to do, because jobs run or HTCondor does not;
2 the command was not understood.`;

/**
 * What an administrator does with an execute node. Exit status 0: all is well; 1: something failed, or the node is
 * unhealthy; 2: the command was not understood.
 *
 * @param name - as people type it
 * @param bundle - reads the text of the execute node's bundle
 */
export function nodeCommand(name: string, bundle: () => Promise<string>): Command {
  const command = new Command(name)
    .description("This machine as an execute node of Condor Cloud")
    .showHelpAfterError("(--help says more)")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE));

  command
    .command("install")
    .description("Make this machine an execute node, or bring it up to date; what is right already is left alone")
    .option("--store <folder>", "the image store, as this machine sees it; needed the first time")
    .option("--network <name=libvirt:net|name=bridge:br>", "a network that machines may ask for; repeatable", append)
    .option("--vnc-listen <address>", "the address that VNC consoles listen on (default: 127.0.0.1)")
    .option("--cache-limit-gib <number>", "the most that cached images take (default: half of the file system)")
    .option("--memory-mib <number>", "the memory that machines may take together (default: what HTCondor finds)")
    .option("--memory-overcommit <number>", "how many times its memory the node offers (default: 1)")
    .option("--cpu-overcommit <number>", "how many times its processors the node offers (default: 1)")
    .option("--max-machines <number>", "the most machines at once (default: 64)")
    .option("--state-folder <folder>", "cache, machines, consoles, log (default: /var/lib/condor-cloud)")
    .option("--job-account <account>", "the account that VM jobs run as (default: cloudvm)")
    .option("--emulator-folder <folder>", "the folder of QEMU's emulators (default: /usr/bin)")
    .option("--node <path>", "Node.js (default: /usr/bin/node)")
    .option("--dry-run", "show what would be done, with the differences, and write nothing", false)
    .option(
      "--overwrite",
      "overwrite files that somebody changed; a copy stays beside each, its name ending in ~",
      false,
    )
    .option(
      "--apply",
      "have HTCondor and the agent take it over now, as far as no machine is harmed; exit status 1 while something is left",
      false,
    )
    .option("--quiet", "print only what is not well", false)
    .addHelpText("after", "\nThe options end in /etc/condor-cloud/node.json, which is yours to edit afterwards.")
    .addHelpText("after", EXIT_STATUS)
    .action(async ({ dryRun, overwrite, apply, quiet, ...options }: InstallOptions & InstallFlags) =>
      ended(async () => {
        const { install } = await import("./install.ts");
        return install(options, { dryRun, overwrite, apply }, await bundle(), terminalPrinter(quiet));
      }),
    );

  command
    .command("uninstall")
    .description("Remove what an install wrote; refuses while machines run here")
    .option("--purge", "also node.json, the image cache and the kept consoles", false)
    .action(async (options: { purge: boolean }) =>
      ended(async () => (await import("./uninstall.ts")).uninstall(options, terminalPrinter())),
    );

  command
    .command("doctor")
    .description("Check everything that an execute node needs, and say what to do about what is missing")
    .option("--json", "for programs", false)
    .action(async (options: { json: boolean }) =>
      ended(async () => (await import("./doctor.ts")).doctor(options, terminalPrinter())),
    );

  command
    .command("status")
    .description("Show the node, its image cache, its machines, and the consoles of those that ended")
    .option("--json", "for programs", false)
    .option("--show-secrets", "also the passwords of VNC consoles", false)
    .action(async (options: { json: boolean; showSecrets: boolean }) =>
      ended(async () => (await import("./status.ts")).status(options, terminalPrinter())),
    );

  return command;
}

interface InstallFlags {
  readonly dryRun: boolean;
  readonly overwrite: boolean;
  readonly apply: boolean;
  readonly quiet: boolean;
}

/** Turns what came of a command into its exit status. */
export async function ended(work: () => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await work()) ? 0 : FAILED;
  } catch (error) {
    process.stderr.write(`${harmless(error instanceof Error ? error.message : String(error))}\n`);
    process.exitCode = error instanceof UsageError ? USAGE : FAILED;
  }
}

function append(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
