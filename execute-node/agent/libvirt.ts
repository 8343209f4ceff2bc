import { readFile } from "node:fs/promises";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { GlobalJobId, MacAddress } from "../../contract/patterns.ts";
import { METADATA_NAMESPACE } from "../domain/domain-xml.ts";
import { CommandTimeoutError, run } from "./run.ts";

/** Without it, `virsh` as an ordinary account connects to a session of its own and sees nothing, without an error. */
export const VIRSH = ["-q", "-c", "qemu:///system"] as const;

/** libvirt runs the emulator once to learn what it can; this is the longest that it may take, in seconds. */
const PROBE_SECONDS = 60;

/** The name of the guest agent's channel, as QEMU's agent looks for it. */
const AGENT_CHANNEL = "org.qemu.guest_agent.0";

/** What libvirt says a domain does (`virDomainState`), in the words we need. */
export type DomainState = "running" | "paused" | "stopped";

/** What a domain's XML says that changes with an event alone while it lives. */
export interface DomainFacts {
  readonly globalJobId: string;
  /** The bridge that each interface is plugged into, by its MAC address, in the guest's order. */
  readonly bridges: ReadonlyMap<string, string | undefined>;
  /** Whether something in the guest listens at the guest agent's channel. */
  readonly hasAgent: boolean;
  /** `host:port`. */
  readonly vncAddress: string | undefined;
}

/** All domains by name, ours or not: one command however many there are. */
export async function listDomains(): Promise<Map<string, DomainState>> {
  return parseDomainStates(await run("virsh", [...VIRSH, "domstats", "--state", "--nowait"]));
}

/**
 * What a domain's XML says; `foreign` when it is none of ours.
 *
 * @throws Error when libvirt cannot say it now, or says of a domain of ours what we do not understand
 */
export async function describeDomain(name: string): Promise<DomainFacts | "foreign"> {
  return parseDomain(await run("virsh", [...VIRSH, "dumpxml", "--domain", name]));
}

/** The names that `virsh` takes as they are in a line of several commands. HTCondor's domains have no others. */
const PLAIN_NAME = /^\w[\w.@+-]*$/;

/** So many domains are described by one command: an XML is some kilobytes. */
const DESCRIBED_TOGETHER = 200;

/**
 * What {@link describeDomain} says of these domains, with one command however many there are. Those of which it would throw
 * are absent, and so are those whose names would have to be quoted.
 *
 * @throws Error when libvirt does not answer at all
 */
export async function describeDomains(names: Iterable<string>): Promise<Map<string, DomainFacts | "foreign">> {
  const described = new Map<string, DomainFacts | "foreign">();
  const plain = [...names].filter((name) => PLAIN_NAME.test(name));
  while (plain.length > 0) {
    const commands = plain.splice(0, DESCRIBED_TOGETHER).map((name) => `dumpxml --domain ${name}`);
    // The exit status is the last command's, and this one succeeds.
    const output = await run("virsh", [...VIRSH, [...commands, "echo"].join("; ")]);
    for (const xml of output.split(/(?<=^<\/domain>)$/m)) {
      const name = /^ {2}<name>(.+)<\/name>$/m.exec(xml)?.[1];
      const facts = name === undefined ? undefined : orNothing(() => parseDomain(xml));
      if (name !== undefined && facts !== undefined) described.set(name, facts);
    }
  }
  return described;
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Ends a domain at once; one that has ended meanwhile is no failure. */
export async function destroyDomain(name: string): Promise<void> {
  try {
    await run("virsh", [...VIRSH, "destroy", "--domain", name], { timeoutSeconds: 30 });
  } catch (error) {
    const state = (await listDomains()).get(name);
    if (state !== undefined && state !== "stopped") throw error;
  }
}

/**
 * How domains can run here. libvirt alone is no judge of KVM: it says yes where /dev/kvm exists although the processor,
 * or the hypervisor around this machine, lacks the extension.
 *
 * @throws Error when libvirt does not answer: its silence is no no
 */
export async function findAcceleration(emulatorFolder: string): Promise<"kvm" | "qemu"> {
  await run("virsh", [...VIRSH, "uri"]);
  if (!/^flags\s*:.*\b(?:vmx|svm)\b/m.test(await readFile("/proc/cpuinfo", "utf8"))) return "qemu";
  const emulator = `${emulatorFolder}/qemu-system-x86_64`;
  return (await domainCapabilities(["--virttype", "kvm", "--emulatorbin", emulator], () => "kvm" as const)) ?? "qemu";
}

/**
 * What libvirt says of the domains that it can run, `virsh domcapabilities`, as `parse` understands it; undefined when it
 * says no twice. A first no may be a libvirtd's that was just being started again.
 *
 * @throws Error when libvirt does not answer: its silence is no no
 */
export async function domainCapabilities<T>(
  options: readonly string[],
  parse: (xml: string) => T,
): Promise<T | undefined> {
  for (let asked = 0; asked < 2; asked++) {
    try {
      return parse(await run("virsh", [...VIRSH, "domcapabilities", ...options], { timeoutSeconds: PROBE_SECONDS }));
    } catch (error) {
      if (error instanceof CommandTimeoutError) throw error;
      await run("virsh", [...VIRSH, "uri"]);
    }
  }
  return undefined;
}

/** Parses `virsh domstats --state`: `Domain: 'name'` and indented `key=value` lines below. */
export function parseDomainStates(output: string): Map<string, DomainState> {
  const domains = new Map<string, DomainState>();
  let name: string | undefined;
  for (const line of output.split("\n")) {
    const header = /^Domain: '(.+)'$/.exec(line);
    if (header) name = header[1];
    const state = /^\s+state\.state=(\d+)$/.exec(line)?.[1];
    if (name !== undefined && state !== undefined) domains.set(name, stateOf(Number(state)));
  }
  return domains;
}

function stateOf(state: number): DomainState {
  // virDomainState: 1 running, 2 blocked, 3 paused, 4 shutting down, 5 shut off, 6 crashed, 7 suspended by the guest.
  if (state === 1 || state === 2 || state === 4) return "running";
  return state === 3 || state === 7 ? "paused" : "stopped";
}

const many = <T extends z.ZodType>(item: T) => z.union([z.array(item), item.transform((only) => [only])]).default([]);

const DomainDocument = z.object({
  domain: z.object({
    metadata: z
      .object({ instance: z.object({ "@_globalJobId": GlobalJobId, "@_xmlns:cloud": z.literal(METADATA_NAMESPACE) }) })
      .optional(),
    devices: z.object({
      interface: many(
        z.object({
          mac: z.object({ "@_address": MacAddress }),
          source: z.object({ "@_bridge": z.string().optional() }).optional(),
        }),
      ),
      channel: many(
        z.object({
          target: z.object({ "@_name": z.string().optional(), "@_state": z.string().optional() }).optional(),
        }),
      ),
      graphics: many(z.object({ "@_port": z.string().optional(), "@_listen": z.string().optional() })),
    }),
  }),
});

/**
 * Parses a domain's live XML; `foreign` when it is none of ours.
 *
 * @throws Error when it names our metadata and does not have the form of a domain of ours
 */
export function parseDomain(xml: string): DomainFacts | "foreign" {
  const parser = new XMLParser({ ignoreAttributes: false, parseAttributeValue: false, processEntities: true });
  const parsed = DomainDocument.safeParse(withoutPrefix(parser.parse(xml)));
  if (!parsed.success && xml.includes(METADATA_NAMESPACE)) throw new Error("is ours and cannot be understood");
  if (!parsed.success || parsed.data.domain.metadata === undefined) return "foreign";
  const { metadata, devices } = parsed.data.domain;
  const port = devices.graphics[0]?.["@_port"];
  const host = devices.graphics[0]?.["@_listen"];
  return {
    globalJobId: metadata.instance["@_globalJobId"],
    bridges: new Map(devices.interface.map(({ mac, source }) => [mac["@_address"], source?.["@_bridge"]])),
    hasAgent: devices.channel.some(
      ({ target }) => target?.["@_name"] === AGENT_CHANNEL && target["@_state"] === "connected",
    ),
    vncAddress: host === undefined || port === undefined || Number(port) < 1 ? undefined : hostAndPort(host, port),
  };
}

function hostAndPort(host: string, port: string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** libvirt keeps our prefix as we wrote it; the name behind it is what counts. */
function withoutPrefix(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document).replaceAll('"cloud:instance":', '"instance":'));
}
