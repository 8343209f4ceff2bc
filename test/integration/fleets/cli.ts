import { execa } from "execa";
import { inject } from "vitest";
import { descendantsOf, endLeftovers, kill, type Process } from "../faults/family.ts";
import type { FleetStack, Said } from "./stack.ts";

/** A command that is struck down has so long to end by itself. */
const END_SECONDS = 150;

const OPTIONS = ["--yes", "--skip-preview", "--non-interactive"];

/** A command of Pulumi on a stack of this group, that something is to happen to while it runs. */
export class Running {
  readonly #cli: ReturnType<typeof start>;
  #family: Process[] = [];

  private constructor(cli: ReturnType<typeof start>) {
    this.#cli = cli;
  }

  /** @param environment - what it has in its environment besides */
  static start(
    world: FleetStack,
    command: "up" | "destroy",
    environment: Readonly<Record<string, string>> = {},
  ): Running {
    return new Running(start(world, command, environment));
  }

  /** The process of the CLI, which is the engine, too. */
  get pid(): number {
    if (this.#cli.pid === undefined) throw new Error("The CLI did not start.");
    return this.#cli.pid;
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    kill(this.pid, "SIGINT");
  }

  /** Kills the engine, or the provider beside it, with SIGKILL; what it leaves alive, lives on. */
  async kill(whom: "engine" | "provider"): Promise<void> {
    this.#family = await descendantsOf(this.pid);
    if (whom === "engine") return kill(this.pid, "SIGKILL");
    const provider = this.#family.find(({ command }) => /dynamic-provider/.test(command) && /node/.test(command));
    if (provider === undefined) throw new Error(`No provider among ${JSON.stringify(this.#family)}`);
    kill(provider.pid, "SIGKILL");
  }

  /** Waits for its end; one that does not end is killed, which counts as a failure. */
  async ended(): Promise<Said> {
    const { pid } = this;
    const timer = setTimeout(() => kill(pid, "SIGKILL"), END_SECONDS * 1000);
    const { exitCode, all } = await this.#cli;
    clearTimeout(timer);
    return { failed: exitCode !== 0, output: all };
  }

  /** Ends what a fault left behind: the provider of an engine that was killed idles on. */
  async clear(): Promise<void> {
    await endLeftovers(this.#family);
  }
}

function start({ stack, folder }: FleetStack, command: string, environment: Readonly<Record<string, string>>) {
  const env: Record<string, string> = { ...inject("environment"), ...environment };
  const words = [command, ...OPTIONS, "--stack", stack.name];
  return execa("pulumi", words, { cwd: folder, env, all: true, reject: false, stdin: "ignore" });
}

/** Runs a command of Pulumi on the stack to its end. */
export async function pulumi(
  world: FleetStack,
  command: "up" | "destroy",
  environment: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const { exitCode, all } = await start(world, command, environment);
  return { failed: exitCode !== 0, output: all };
}
