import { z } from "zod";
import { type ClassAdValue, decodeText, encodeText } from "./classad.ts";
import { Architecture, Firmware } from "./image-manifest.ts";
import { FURTHER_INTERFACES_MAX } from "./interfaces.ts";
import { Digest, GlobalJobId, InterfaceName, MacAddress, NetworkName } from "./patterns.ts";

/** The version of what an execute node advertises. */
export const NODE_SCHEMA = 1;

/** Seconds after which a node whose agent has been silent takes no machine. The agent speaks three times as often. */
export const HEARTBEAT_TIMEOUT_SECONDS = 60;

/** The slot attributes of ours that describe the node, and those that describe the machine in the slot. */
export const SLOT_ATTRIBUTE = {
  schema: "CloudNodeSchema",
  /** Unix time in seconds; START compares it with `time()`. */
  heartbeat: "CloudHeartbeat",
  /** Digests in the cache, comma separated, for a job's `rank`. */
  images: "CloudImages",
  cacheUsedMiB: "CloudCacheUsedMiB",
  cacheAvailableMiB: "CloudCacheAvailableMiB",
  diskFreeMiB: "CloudDiskFreeMiB",
  /** Names of the networks, comma separated, for a job's `requirements`. */
  networks: "CloudNetworks",
  acceleration: "CloudAcceleration",
  /** Architectures of guests, comma separated, for a job's `requirements`. */
  architectures: "CloudArchitectures",
  /** Firmwares of guests, comma separated, for a job's `requirements`. */
  firmwares: "CloudFirmwares",
  trouble: "CloudTrouble",
  /** In the node's own slot alone, not in those of its machines. */
  failures: "CloudFailures",
  job: "CloudInstanceJob",
  state: "CloudInstanceState",
  macAddress: "CloudInstanceMac",
  ipAddress: "CloudInstanceIp",
  vncAddress: "CloudInstanceVnc",
  startedAt: "CloudInstanceStartedAt",
  message: "CloudInstanceMessage",
  addresses: "CloudInstanceAddresses",
  guest: "CloudInstanceGuest",
  sealedVncPassword: "CloudInstanceVncSealed",
} as const;

/** The attributes that describe the machine in a slot: a node writes all of them each time, a query asks for them. */
export const MACHINE_ATTRIBUTES = [
  SLOT_ATTRIBUTE.job,
  SLOT_ATTRIBUTE.state,
  SLOT_ATTRIBUTE.macAddress,
  SLOT_ATTRIBUTE.ipAddress,
  SLOT_ATTRIBUTE.vncAddress,
  SLOT_ATTRIBUTE.startedAt,
  SLOT_ATTRIBUTE.message,
  SLOT_ATTRIBUTE.addresses,
  SLOT_ATTRIBUTE.guest,
  SLOT_ATTRIBUTE.sealedVncPassword,
] as const;

const list = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .string()
    .transform((text) => text.split(",").filter((part) => part !== ""))
    .pipe(z.array(item));

/** How a node's trouble begins that is over. */
export const TROUBLE_OVER = "Over since ";

/** What a node says about itself. */
export const NodeReport = z.object({
  heartbeat: z.int().nonnegative(),
  images: z.array(Digest),
  /** What the images in the cache take. */
  cacheUsedMiB: z.int().nonnegative(),
  /** What a new image may take: what is free below the limit, and what images take that no machine needs. */
  cacheAvailableMiB: z.int().nonnegative(),
  diskFreeMiB: z.int().nonnegative(),
  networks: z.array(NetworkName),
  /** `kvm`, or `qemu` where the machine has to emulate. */
  acceleration: z.enum(["kvm", "qemu"]),
  architectures: z.array(Architecture),
  firmwares: z.array(Firmware),
  /** Why the node takes no machine, or, after {@link TROUBLE_OVER}, why it last took none; empty: it always could. */
  trouble: z.string().max(2000),
});
export type NodeReport = z.infer<typeof NodeReport>;

/** What a machine does, as its node's agent sees it. */
export const MachineState = z.enum(["preparing", "prepared", "running", "paused", "stopped", "failed"]);
export type MachineState = z.infer<typeof MachineState>;

/** An address of a guest. */
const GuestAddress = z.union([z.ipv4(), z.ipv6()]);

/** The most addresses of one interface that are told. */
export const ADDRESSES_MAX = 16;

/** All addresses of a machine by interface, in the order in which they are preferred; no link-local ones. */
export const InterfaceAddresses = z
  .record(InterfaceName, z.array(GuestAddress).max(ADDRESSES_MAX))
  .refine((interfaces) => Object.keys(interfaces).length <= FURTHER_INTERFACES_MAX + 1, "has too many interfaces");
export type InterfaceAddresses = z.infer<typeof InterfaceAddresses>;

/** How far cloud-init is: `failed` where it ended with errors. */
export const CloudInitState = z.enum(["running", "done", "failed"]);
export type CloudInitState = z.infer<typeof CloudInitState>;

/** What a guest says of itself, through its guest agent or on its console. Whatever it says is the guest's word. */
export const GuestReport = z.strictObject({
  /** Whether the QEMU guest agent answers. */
  agent: z.boolean(),
  /** Absent: nothing was heard of cloud-init. */
  cloudInit: CloudInitState.optional(),
  /** cloud-init's own errors, where it failed. */
  errors: z.array(z.string().max(500)).max(5).optional(),
});
export type GuestReport = z.infer<typeof GuestReport>;

/** What a node says about one machine. */
export const MachineReport = z.object({
  globalJobId: GlobalJobId,
  state: MachineState,
  macAddress: MacAddress.optional(),
  /** The address of the main interface that is preferred: the first of its addresses. */
  ipAddress: GuestAddress.optional(),
  /** Absent: none is known, or the node is of a version that told one address alone. */
  addresses: InterfaceAddresses.optional(),
  /** Absent: nothing was heard of the guest. */
  guest: GuestReport.optional(),
  /** `host:port` of the VNC console. */
  vncAddress: z.string().max(300).optional(),
  /** The console's password, sealed for the machine's owner ({@link seal}; the context is the GlobalJobId). */
  sealedVncPassword: z.string().max(4096).optional(),
  /** Unix time in seconds at which the domain was first seen running. */
  startedAt: z.int().positive().optional(),
  /** Progress or cause, for people. */
  message: z.string().max(2000).optional(),
});
export type MachineReport = z.infer<typeof MachineReport>;

/** A machine that a node could not start, or that failed on it. Its job may be elsewhere by now. */
export const MachineFailure = z.object({
  globalJobId: GlobalJobId,
  /** Unix time in seconds. */
  at: z.int().positive(),
  /** What happened, with the words of vm-gahp and libvirt. */
  message: z.string().max(500),
});
export type MachineFailure = z.infer<typeof MachineFailure>;

/** The most failures that a node remembers for the pool. */
export const FAILURES_MAX = 20;

const Failures = z.array(MachineFailure).max(FAILURES_MAX);

/** Renders the failures as the value of their slot attribute: free text, so it travels as base64. */
export function encodeFailures(failures: readonly MachineFailure[]): string {
  return encodeText(JSON.stringify(Failures.parse(failures)));
}

/** Reads the failures from a slot ad; none where there are none, or where they break the contract. */
export function parseFailures(ad: Readonly<Record<string, unknown>>): MachineFailure[] {
  return Failures.safeParse(decodeJson(ad[SLOT_ATTRIBUTE.failures])).data ?? [];
}

/** Renders the node's report as slot attributes; what is free text travels as base64. */
export function nodeReportAttributes(report: NodeReport): Record<string, ClassAdValue> {
  return {
    [SLOT_ATTRIBUTE.schema]: NODE_SCHEMA,
    [SLOT_ATTRIBUTE.heartbeat]: report.heartbeat,
    [SLOT_ATTRIBUTE.images]: report.images.join(","),
    [SLOT_ATTRIBUTE.cacheUsedMiB]: report.cacheUsedMiB,
    [SLOT_ATTRIBUTE.cacheAvailableMiB]: report.cacheAvailableMiB,
    [SLOT_ATTRIBUTE.diskFreeMiB]: report.diskFreeMiB,
    [SLOT_ATTRIBUTE.networks]: report.networks.join(","),
    [SLOT_ATTRIBUTE.acceleration]: report.acceleration,
    [SLOT_ATTRIBUTE.architectures]: report.architectures.join(","),
    [SLOT_ATTRIBUTE.firmwares]: report.firmwares.join(","),
    [SLOT_ATTRIBUTE.trouble]: encodeText(report.trouble),
  };
}

/** Renders a machine's report as slot attributes; the message is free text and travels as base64. */
export function machineReportAttributes(report: MachineReport): Record<string, ClassAdValue> {
  return {
    [SLOT_ATTRIBUTE.job]: report.globalJobId,
    [SLOT_ATTRIBUTE.state]: report.state,
    ...(report.macAddress === undefined ? {} : { [SLOT_ATTRIBUTE.macAddress]: report.macAddress }),
    ...(report.ipAddress === undefined ? {} : { [SLOT_ATTRIBUTE.ipAddress]: report.ipAddress }),
    ...(report.vncAddress === undefined ? {} : { [SLOT_ATTRIBUTE.vncAddress]: report.vncAddress }),
    ...(report.startedAt === undefined ? {} : { [SLOT_ATTRIBUTE.startedAt]: report.startedAt }),
    ...(report.message === undefined ? {} : { [SLOT_ATTRIBUTE.message]: encodeText(report.message) }),
    ...(report.addresses === undefined ? {} : { [SLOT_ATTRIBUTE.addresses]: encodeJson(report.addresses) }),
    ...(report.guest === undefined ? {} : { [SLOT_ATTRIBUTE.guest]: encodeJson(report.guest) }),
    ...(report.sealedVncPassword === undefined ? {} : { [SLOT_ATTRIBUTE.sealedVncPassword]: report.sealedVncPassword }),
  };
}

function encodeJson(value: unknown): string {
  return encodeText(JSON.stringify(value));
}

/** The inverse of {@link encodeJson}; undefined for whatever is none. */
function decodeJson(value: unknown): unknown {
  const text = typeof value === "string" ? decodeText(value) : undefined;
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const NodeAd = z
  .object({
    [SLOT_ATTRIBUTE.schema]: z.literal(NODE_SCHEMA),
    [SLOT_ATTRIBUTE.heartbeat]: z.int(),
    [SLOT_ATTRIBUTE.images]: list(Digest),
    [SLOT_ATTRIBUTE.cacheUsedMiB]: z.int(),
    [SLOT_ATTRIBUTE.cacheAvailableMiB]: z.int(),
    [SLOT_ATTRIBUTE.diskFreeMiB]: z.int(),
    [SLOT_ATTRIBUTE.networks]: list(NetworkName),
    [SLOT_ATTRIBUTE.acceleration]: z.string(),
    [SLOT_ATTRIBUTE.architectures]: list(Architecture),
    [SLOT_ATTRIBUTE.firmwares]: list(Firmware),
    [SLOT_ATTRIBUTE.trouble]: z.string(),
  })
  .transform((ad) => ({
    heartbeat: ad[SLOT_ATTRIBUTE.heartbeat],
    images: ad[SLOT_ATTRIBUTE.images],
    cacheUsedMiB: ad[SLOT_ATTRIBUTE.cacheUsedMiB],
    cacheAvailableMiB: ad[SLOT_ATTRIBUTE.cacheAvailableMiB],
    diskFreeMiB: ad[SLOT_ATTRIBUTE.diskFreeMiB],
    networks: ad[SLOT_ATTRIBUTE.networks],
    acceleration: ad[SLOT_ATTRIBUTE.acceleration],
    architectures: ad[SLOT_ATTRIBUTE.architectures],
    firmwares: ad[SLOT_ATTRIBUTE.firmwares],
    trouble: decodeText(ad[SLOT_ATTRIBUTE.trouble]) ?? "",
  }))
  .pipe(NodeReport);

/** Reads the node's report from a slot ad (`condor_status -json`); undefined where no agent of ours has spoken. */
export function parseNodeReport(ad: Readonly<Record<string, unknown>>): NodeReport | undefined {
  const parsed = NodeAd.safeParse(ad);
  return parsed.success ? parsed.data : undefined;
}

/** Reads a machine's report from a slot ad; undefined where the slot holds none, or one that breaks the contract. */
export function parseMachineReport(ad: Readonly<Record<string, unknown>>): MachineReport | undefined {
  const message = ad[SLOT_ATTRIBUTE.message];
  const parsed = MachineReport.safeParse({
    globalJobId: ad[SLOT_ATTRIBUTE.job],
    state: ad[SLOT_ATTRIBUTE.state],
    macAddress: ad[SLOT_ATTRIBUTE.macAddress],
    ipAddress: ad[SLOT_ATTRIBUTE.ipAddress],
    vncAddress: ad[SLOT_ATTRIBUTE.vncAddress],
    startedAt: ad[SLOT_ATTRIBUTE.startedAt],
    message: typeof message === "string" ? decodeText(message) : undefined,
    addresses: InterfaceAddresses.safeParse(decodeJson(ad[SLOT_ATTRIBUTE.addresses])).data,
    guest: GuestReport.safeParse(decodeJson(ad[SLOT_ATTRIBUTE.guest])).data,
    sealedVncPassword: ad[SLOT_ATTRIBUTE.sealedVncPassword],
  });
  return parsed.success ? parsed.data : undefined;
}
