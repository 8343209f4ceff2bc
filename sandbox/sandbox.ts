import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SandboxError } from "./errors.ts";
import { SandboxName, sandboxesFolder, sandboxFolder } from "./paths.ts";

/** The most execute nodes: node I has the address .10+I, and two cores carry no more. */
export const MAX_NODES = 32;

/** What is remembered of a sandbox; all else follows from it. */
const SandboxRecord = z.strictObject({
  schema: z.literal(1),
  name: SandboxName,
  nodes: z.int().min(1).max(MAX_NODES),
  /** The second octet of its network, 10.<octet>.0.0/16. */
  octet: z.int().min(0).max(255),
  /** The folder of the read-only root that its machines overlay. */
  root: z.string(),
});
export type SandboxRecord = z.infer<typeof SandboxRecord>;

/** One machine of a sandbox: a set of namespaces with an overlay of the root. */
export interface Machine {
  /** `cm` (manager and access point), `exec1`, `exec2`, … */
  readonly name: string;
  readonly role: "manager" | "execute";
  /** Its fully qualified host name. */
  readonly host: string;
  readonly address: string;
  /** Its address in the sandbox's own segment, which guests of the network `lan` are in. */
  readonly lanAddress: string;
  /** Its guests' network, the first three octets; absent on the manager. */
  readonly guestNetwork: string | undefined;
  /** The name of its network namespace, as `ip netns` shows it. */
  readonly namespace: string;
  readonly folder: string;
}

/** A sandbox: its record, and what follows from it. */
export interface Sandbox extends SandboxRecord {
  readonly folder: string;
  readonly domain: string;
  readonly manager: Machine;
  readonly executeNodes: readonly Machine[];
  /** Manager first. */
  readonly machines: readonly Machine[];
  /** The namespace of the bridge between the machines. */
  readonly hub: string;
  /** The first three octets of the network `lan`, one segment of the guests of all nodes. */
  readonly lan: string;
  /** The interface of the host that leads into the sandbox, and its addresses among the machines and in `lan`. */
  readonly hostLink: string;
  readonly hostAddress: string;
  readonly hostLanAddress: string;
  /** The image store, as the host sees it. */
  readonly store: string;
  /** The client commands. */
  readonly bin: string;
}

/** What all network namespaces of a sandbox begin with. */
export function namespacePrefix(name: string): string {
  return `condor-cloud.${SandboxName.parse(name)}.`;
}

/** Lays out a sandbox from its record. Pure. */
export function layOut(record: SandboxRecord, folder = sandboxFolder(record.name)): Sandbox {
  const prefix = namespacePrefix(record.name);
  const domain = `${record.name}.sandbox.test`; // .test is reserved for this (RFC 2606)
  const network = `10.${record.octet}`;
  const lan = `${network}.250`;
  const machine = (name: string, index: number): Machine => ({
    name,
    role: index === 0 ? "manager" : "execute",
    host: `${name}.${domain}`,
    address: index === 0 ? `${network}.0.1` : `${network}.0.${10 + index}`,
    lanAddress: index === 0 ? `${lan}.1` : `${lan}.${200 + index}`,
    guestNetwork: index === 0 ? undefined : `${network}.${index}`,
    namespace: `${prefix}${name}`,
    folder: join(folder, "nodes", name),
  });
  const manager = machine("cm", 0);
  const executeNodes = Array.from({ length: record.nodes }, (_, index) => machine(`exec${index + 1}`, index + 1));
  return {
    ...record,
    folder,
    domain,
    manager,
    executeNodes,
    machines: [manager, ...executeNodes],
    hub: `${prefix}hub`,
    lan,
    hostLink: `condor${record.octet}`,
    hostAddress: `${network}.0.254`,
    hostLanAddress: `${lan}.254`,
    store: join(folder, "store"),
    bin: join(folder, "bin"),
  };
}

/** Reads a sandbox; undefined when there is none of this name. */
export async function loadSandbox(name: string): Promise<Sandbox | undefined> {
  const file = recordFile(name);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return layOut(SandboxRecord.parse(JSON.parse(text)));
  } catch (cause) {
    throw new SandboxError({
      what: `The record of sandbox "${name}" is damaged (${file}).`,
      remedy: `Remove the sandbox: condor-cloud sandbox down --name ${name}`,
      cause,
    });
  }
}

/** Remembers a sandbox: a reader sees the old record or the new one. */
export async function saveSandbox(record: SandboxRecord): Promise<Sandbox> {
  const sandbox = layOut(SandboxRecord.parse(record));
  await mkdir(sandbox.folder, { recursive: true, mode: 0o755 });
  const file = recordFile(record.name);
  await writeFile(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
  return sandbox;
}

/** The names of all sandboxes of this user, running or not, in order. */
export async function sandboxNames(): Promise<string[]> {
  const entries = await readdir(sandboxesFolder()).catch(() => []);
  return entries.filter((entry) => SandboxName.safeParse(entry).success).sort();
}

function recordFile(name: string): string {
  return join(sandboxFolder(name), "sandbox.json");
}
