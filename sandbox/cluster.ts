import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Reporter, silentReporter, step } from "./actions/action.ts";
import { freeOctet, namespacesOf, processesIn } from "./actions/network.ts";
import { checkHost } from "./actions/preflight.ts";
import { makePoolRoot } from "./actions/root.ts";
import { SandboxError, SandboxInterruptedError } from "./errors.ts";
import { withLock } from "./lock.ts";
import { clearAll, stopMachine } from "./machine.ts";
import { SandboxName, sandboxesFolder, sandboxFolder, sandboxLock } from "./paths.ts";
import { loadSandbox, MAX_NODES, type Machine, namespacePrefix, type Sandbox, saveSandbox } from "./sandbox.ts";
import { isAsItShouldBe, start } from "./start.ts";

export { environment } from "./environment.ts";
export { execIn } from "./exec.ts";
export { exportLogs } from "./logs.ts";
export type { Machine, Sandbox } from "./sandbox.ts";
export { listSandboxes, type MachineStatus, type SandboxStatus, status } from "./status.ts";

/** What a sandbox is to be. */
export interface SandboxOptions {
  /** Lower-case letters, digits and hyphens, at most 24; the command's default is "default". */
  readonly name: string;
  /** Execute nodes, 1 to 32. */
  readonly nodes: number;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** Leaves a sandbox that failed to come up as it is, for a closer look. */
  readonly retain?: boolean | undefined;
  /** The path of the execute node's bundle. */
  readonly nodeBundle: string;
}

/**
 * Makes sure that a sandbox is up: a pool of one manager and access point and some execute nodes, on this machine. What
 * runs already as it should is left alone; what a crash or a kill left half is started again, with its queue intact.
 *
 * @throws SandboxError that says which part did not come up, with the last lines of its log. What this call started
 *   is undone, unless `retain` is set.
 */
export async function up(options: SandboxOptions): Promise<Sandbox> {
  const { name, reporter, signal } = options;
  checkOptions(options);
  const bundle = await readBundle(options.nodeBundle);
  await step(reporter, "Checking this machine", signal, async () =>
    checkHost({ isNew: (await loadSandbox(name)) === undefined }),
  );
  const onWait = () => reporter.say(`another process is at work on sandbox ${name}; waiting for it`);
  return withLock(sandboxLock(name), { signal, onWait }, async () => {
    const existing = await loadSandbox(name);
    await refuseStranger(options, existing);
    if (existing && (await isAsItShouldBe(existing, bundle))) return existing;

    const root = existing && existsSync(existing.root) ? existing.root : await makePoolRoot({ reporter, signal });
    const started: Machine[] = [];
    try {
      const sandbox = await record(options, existing, root);
      await start({ sandbox, reporter, signal }, bundle, started);
      return sandbox;
    } catch (error) {
      const outcome = await undo(options, existing !== undefined, started);
      if (!(error instanceof SandboxInterruptedError)) throw error;
      throw new SandboxInterruptedError({ what: error.what, remedy: outcome, cause: error });
    }
  });
}

/** Takes back what a failed start did; says how the sandbox stands then. */
async function undo(
  { name, reporter, retain }: SandboxOptions,
  existed: boolean,
  started: readonly Machine[],
): Promise<string> {
  if (retain) {
    const outcome = `left as it is; remove it with: condor-cloud sandbox down --name ${name}`;
    reporter.say(outcome);
    return `Sandbox ${name} is ${outcome}`;
  }
  if (!existed) {
    await step(reporter, `Undoing: removing sandbox ${name}`, undefined, () => remove(name));
    return `Sandbox ${name} is removed again; the same command makes it anew.`;
  }
  if (started.length > 0) {
    await step(reporter, "Undoing: stopping what was started", undefined, () => stopAll(started));
  }
  return `Sandbox ${name} keeps what it holds, and what was started now is stopped; the same command goes on from there.`;
}

/** Removes a sandbox with all that it holds, also after a crash half way. Nothing to remove is no error. */
export async function down(
  name: string,
  options: { reporter?: Reporter; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { reporter = silentReporter, signal } = options;
  if (process.geteuid?.() !== 0) {
    throw new SandboxError({ what: "Only root can take a sandbox down.", remedy: "Run this as root." });
  }
  const onWait = () => reporter.say(`another process is at work on sandbox ${name}; waiting for it`);
  await withLock(sandboxLock(parseName(name)), { signal, onWait }, () =>
    step(reporter, `Removing sandbox ${name}`, signal, () => remove(name)),
  );
}

/** Claims name, network and folder, or moves a sandbox whose root was deleted to another one. */
async function record(options: SandboxOptions, existing: Sandbox | undefined, root: string): Promise<Sandbox> {
  const { name, nodes, signal } = options;
  const sandbox =
    existing?.root === root
      ? existing
      : await withLock(join(sandboxesFolder(), ".network.lock"), { signal }, async () =>
          saveSandbox({ schema: 1, name, nodes, octet: existing?.octet ?? (await freeOctet()), root }),
        );
  for (const folder of ["store", "pulumi", "pulumi-home"]) {
    await mkdir(join(sandbox.folder, folder), { recursive: true, mode: 0o755 });
  }
  return sandbox;
}

/** A running sandbox keeps its size; and one of this name that is not ours is not to be touched by `up`. */
async function refuseStranger({ name, nodes }: SandboxOptions, existing: Sandbox | undefined): Promise<void> {
  if (existing && existing.nodes !== nodes) {
    throw new SandboxError({
      what: `Sandbox "${name}" has ${existing.nodes} execute node(s), not ${nodes}.`,
      remedy: `Take another --name, or remove it first: condor-cloud sandbox down --name ${name}`,
    });
  }
  if (existing) return;
  const namespaces = await namespacesOf(namespacePrefix(name));
  const processes = await Promise.all(namespaces.map(processesIn));
  if (processes.flat().length === 0) return clearAll(name);
  throw new SandboxError({
    what: `A sandbox "${name}" runs already, but its folder is not ${sandboxFolder(name)}.`,
    why: "Somebody else's, with another XDG_STATE_HOME, or its folder was deleted.",
    remedy: `Take another --name, or remove it: condor-cloud sandbox down --name ${name}`,
  });
}

async function stopAll(machines: readonly Machine[]): Promise<void> {
  await Promise.all(machines.map(stopMachine));
}

async function remove(name: string): Promise<void> {
  await clearAll(name);
  await rm(sandboxFolder(name), { recursive: true, force: true });
}

function checkOptions({ name, nodes }: SandboxOptions): void {
  parseName(name);
  if (Number.isInteger(nodes) && nodes >= 1 && nodes <= MAX_NODES) return;
  throw new SandboxError({
    what: `A sandbox cannot have ${nodes} execute nodes.`,
    remedy: `Ask for 1 to ${MAX_NODES}.`,
  });
}

function parseName(name: string): string {
  const parsed = SandboxName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new SandboxError({
    what: `"${name}" is no name for a sandbox.`,
    why: `It ${parsed.error.issues[0]?.message}.`,
    remedy: "Choose another --name.",
  });
}

async function readBundle(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new SandboxError({
      what: `The execute node's program is not built (${path}).`,
      remedy: "Build it: npm run build",
      cause,
    });
  }
}
