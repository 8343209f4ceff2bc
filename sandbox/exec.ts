import { execa } from "execa";
import { SandboxError } from "./errors.ts";
import { enterArguments, machinePid } from "./machine.ts";
import type { Sandbox } from "./sandbox.ts";

/** For `sh`: becomes the words that follow, which inherit that Ctrl-C is ignored. */
const HEED_NO_CTRL_C = ["-c", 'trap "" INT; exec "$@"', "sh"];

/**
 * Runs a command inside a machine, on this process's own terminal, and gives its exit status.
 *
 * @param node - the machine's name: `cm`, `exec1`, …
 * @param options.user - an account of the machine; absent: root
 */
export async function execIn(
  sandbox: Sandbox,
  node: string,
  command: readonly string[],
  options: { user?: string | undefined } = {},
): Promise<number> {
  const machine = sandbox.machines.find((candidate) => candidate.name === node);
  if (!machine) {
    throw new SandboxError({
      what: `Sandbox ${sandbox.name} has no machine "${node}".`,
      remedy: `It has ${sandbox.machines.map(({ name }) => name).join(", ")}.`,
    });
  }
  const pid = await machinePid(machine);
  if (pid === undefined) {
    throw new SandboxError({
      what: `Machine ${node} of sandbox ${sandbox.name} does not run.`,
      remedy: `Start it: condor-cloud sandbox up --name ${sandbox.name} --nodes ${sandbox.nodes}`,
    });
  }
  const user = options.user ?? "root";
  const become = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups", "--reset-env", "--"];
  const heedCtrlC = ["env", "--default-signal=INT", "--"];
  const words = [...HEED_NO_CTRL_C, "nsenter", ...enterArguments(pid), ...become, ...heedCtrlC, ...command];
  // Ctrl-C is the command's: a shell, say, goes on after it, so we and `nsenter` wait for its end.
  process.on("SIGINT", ignore);
  try {
    const result = await execa("sh", words, { stdio: "inherit", reject: false });
    return result.exitCode ?? 128;
  } finally {
    process.off("SIGINT", ignore);
  }
}

function ignore(): void {}
