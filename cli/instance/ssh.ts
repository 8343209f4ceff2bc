import { access, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { execa } from "execa";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { type Context, openContext } from "../../provider/context.ts";
import { InvalidInputError, TimedOutError } from "../../provider/errors.ts";
import { findMachine } from "../../provider/instance/find.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "../../provider/instance/inputs.ts";
import { lookFor } from "../../provider/instance/look.ts";
import { waitUntilReady } from "../../provider/instance/wait.ts";
import { Operation } from "../../provider/operation.ts";
import { readSettings } from "../../provider/settings.ts";
import { stateHome } from "../../sandbox/paths.ts";
import { ask, tell, tellOnce } from "../ask.ts";
import { interruptible } from "../interruption.ts";
import { parseCount } from "../options.ts";
import { hostKeyAliasOf, sshWords } from "./ssh-words.ts";

interface Options {
  readonly user: string;
  readonly identity?: string;
  readonly port: number;
  readonly wait: boolean;
  readonly timeout: number;
}

/** What of a machine ssh has to know. */
interface Reached {
  readonly id: string;
  readonly address: string;
  readonly starts: number;
}

/** ssh says 255 for what is not the command's own exit status (ssh(1)); that a signal ended ssh is such. */
const SIGNALLED = 255;

/** `condor-cloud instance ssh` */
export function sshCommand(): Command {
  return new Command("ssh")
    .description(
      "Runs ssh to a machine, and exits as it does. Its host key is remembered by the machine, not by its address.",
    )
    .argument("<machine>", "its name, its job (12.0) or its id")
    .argument("[words...]", "after --: ssh's own options, then a command")
    .option("--user <account>", "the guest's account", "debian")
    .option("--identity <file>", "the private key; default: as ssh is configured")
    .option("--port <port>", "where the guest's SSH server listens", parsePort, 22)
    .option("--wait", "wait until the machine answers there", false)
    .option("--timeout <seconds>", "how long to wait for that", parseCount, DEFAULT_TIMEOUT_SECONDS)
    .action(async (meant: string, words: string[], options: Options) => {
      const context = openContext(readSettings());
      const machine = await reach(meant, options, context);
      process.exitCode = await call(machine, words, options);
    });
}

/** Finds the machine's address; waits for it where that is asked. */
async function reach(meant: string, { wait, port, timeout }: Options, context: Context): Promise<Reached> {
  const machines = await ask(`the machine ${meant}`, () => context.pool.list());
  const { globalJobId: id } = findMachine(
    meant,
    machines.map(({ job }) => job),
  );
  const found = wait
    ? await interruptible(async (signal) => {
        const operation = new Operation({ timeoutSeconds: timeout, signal, progress: tellOnce(), warn: tell });
        return (await waitUntilReady(id, { waitFor: { tcpPort: port } }, context, operation, () => {})).found;
      })
    : await ask(`the machine ${meant}`, () => lookFor(id, context));
  const { ipAddress: address = "", state = "gone", starts = 0 } = found?.seen ?? {};
  if (address !== "") return { id, address, starts };
  throw new TimedOutError({
    what: `${meant} (${jobIdOf(id)}) has no address yet: it is ${state}.`,
    remedy: `\`condor-cloud instance ssh ${jobIdOf(id)} --wait\` waits for it; \`condor-cloud instance show ${jobIdOf(id)}\` says more.`,
  });
}

/** Hands the terminal to ssh; answers its exit status. */
async function call({ id, address, starts }: Reached, rest: string[], options: Options): Promise<number> {
  const knownHosts = join(stateHome(), "known_hosts");
  await mkdir(stateHome(), { recursive: true, mode: 0o700 });
  const identity = await existing(options.identity);
  const { user, port } = options;
  const hostKeyAlias = hostKeyAliasOf(id, starts);
  const words = sshWords({ address, port, user, identity, hostKeyAlias, knownHosts, rest });
  // Ctrl-C is ssh's, or that of what runs in the guest; we wait for the end.
  process.on("SIGINT", ignore);
  try {
    const result = await execa("ssh", words, { stdio: "inherit", reject: false });
    if (result.code === "ENOENT") {
      throw new InvalidInputError({
        what: "There is no ssh on PATH.",
        remedy: `Install OpenSSH's client, or reach ${address} with yours.`,
      });
    }
    return result.exitCode ?? SIGNALLED;
  } finally {
    process.off("SIGINT", ignore);
  }
}

async function existing(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  await access(file).catch((error: unknown) => {
    throw new InvalidInputError({ what: `--identity: ${file} cannot be read.`, why: String(error), cause: error });
  });
  return resolve(file);
}

/** @throws InvalidArgumentError when the text is no port */
function parsePort(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("It must be a port, from 1 to 65535.");
}

function ignore(): void {}
