import { z } from "zod";
import { type ClassAdValue, decodeText, encodeText, inLowerCase } from "./classad.ts";
import { Architecture, Firmware } from "./image-manifest.ts";
import { InstanceSpec, specDigest, WatchdogAction } from "./instance-spec.ts";
import { FurtherInterfaces, macAddressesOf } from "./interfaces.ts";
import { Digest, GlobalJobId, Labels } from "./patterns.ts";
import { Placement } from "./placement.ts";
import { SEED_MAX_BYTES } from "./seed.ts";

/** The version of the attributes below; a node refuses a job of another version with a clear reason. */
export const JOB_SCHEMA = 1;

/** The value of the job's `HookKeyword`: it selects our hooks, and START refuses VM jobs without it. */
export const HOOK_KEYWORD = "CLOUD";

/** The number of HTCondor's VM universe in a job's `JobUniverse`. */
export const VM_UNIVERSE = 13;

/** The most that a key may take, in characters. */
const KEY_MAX = 1024;

/** The largest disk that a job can name, in MiB: 64 TiB, as much as a profile can. */
const DISK_MAX_MIB = 65_536 * 1024;

/** How a job says that it has nothing of what is a text otherwise. */
const NONE = "-";

/** How a job says that its machine has no watchdog. */
const NO_WATCHDOG = "none";

/** The largest image that a job can name, in MiB: 64 TiB. */
const IMAGE_MAX_MIB = 64 * 1024 ** 2;

/**
 * What the image needs of a node, so that the job only matches nodes that have it. The node itself goes by the image's
 * manifest and file.
 */
export const ImageNeeds = z.strictObject({
  architecture: Architecture,
  firmware: Firmware,
  /** The room that it takes in the node's cache, in MiB. */
  cacheMiB: z.int().nonnegative().max(IMAGE_MAX_MIB),
  /** The size of its disk, which is the machine's where that has none of its own, in MiB. */
  diskMiB: z.int().nonnegative().max(DISK_MAX_MIB),
});
export type ImageNeeds = z.infer<typeof ImageNeeds>;

/** How a job says that its machine has no lease, and that a lease has not begun. */
const NO_LEASE = 0;

/** The longest that a machine may be leased for, in seconds: a year. */
const LEASE_MAX_SECONDS = 366 * 24 * 3600;

/**
 * For how long a machine is leased, and until when: HTCondor removes it then, whoever is alive. A lease begins when the
 * machine is acknowledged, for before that its deadline counts.
 */
export const Lease = z.strictObject({
  /** How long a lease is each time that it is renewed. */
  seconds: z.int().positive().max(LEASE_MAX_SECONDS),
  /** Unix time in seconds by the access point's clock; absent: it has not begun. */
  until: z.int().nonnegative().optional(),
});
export type Lease = z.infer<typeof Lease>;

const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, "must be base64");

/** 32 bytes in base64. */
const SEAL_KEY_CHARACTERS = 44;

/** One machine as a job: what is asked for, whose it is, and until when it must be acknowledged. */
export const CloudJob = z.strictObject({
  /** `project/stack/type/name`: who asked. A rerun finds its own machine by it. */
  key: z.string().min(1).max(KEY_MAX),
  /** The key of the fleet that it is a member of, by which all of them are found with one question. Absent: of none. */
  fleet: z.string().min(1).max(KEY_MAX).optional(),
  spec: InstanceSpec,
  imageNeeds: ImageNeeds,
  /** False until the create that submitted it has told Pulumi about it. */
  acknowledged: z.boolean(),
  /** Unix time in seconds at which HTCondor removes the job while it is not acknowledged. */
  deadline: z.int().nonnegative(),
  /** Absent: the machine stays until somebody removes it. */
  lease: Lease.optional(),
  /**
   * The guest's seed as it travels ({@link encodeSeed}), where the spec names its digest. It goes to the node alone: who
   * reads the queue does not ask for it, because it may be large.
   */
  seed: Base64.max(SEED_MAX_BYTES, `must not exceed ${SEED_MAX_BYTES} bytes`).optional(),
  /** The public key ({@link newSealKeys}) of whoever may know the console's password. Absent: nobody is told. */
  sealKey: Base64.length(SEAL_KEY_CHARACTERS).optional(),
  /** HTCondor runs no other job with one of the MAC addresses at the same time. Absent: it does not look at them. */
  exclusive: z.literal(true).optional(),
});
export type CloudJob = z.infer<typeof CloudJob>;

/** What stands between the MAC addresses of {@link ATTRIBUTE.macAddresses}: no comma, which would end a table's cell. */
export const MAC_SEPARATOR = "/";

/** The job-ad attributes of ours, by the names under which they are written. Ads are read without regard to case. */
export const ATTRIBUTE = {
  schema: "CloudSchema",
  name: "CloudName",
  key: "CloudKey",
  fleet: "CloudFleet",
  image: "CloudImage",
  profile: "CloudProfile",
  spec: "CloudSpec",
  diskGiB: "CloudDiskGiB",
  watchdog: "CloudWatchdog",
  architecture: "CloudArchitecture",
  firmware: "CloudFirmware",
  imageMiB: "CloudImageMiB",
  imageDiskMiB: "CloudImageDiskMiB",
  network: "CloudNetwork",
  address: "CloudAddress",
  interfaces: "CloudInterfaces",
  /** All MAC addresses, for whoever looks for a conflict. */
  macAddresses: "CloudMacs",
  exclusive: "CloudExclusive",
  seedDigest: "CloudSeedDigest",
  seed: "CloudSeed",
  sealKey: "CloudSealKey",
  labels: "CloudLabels",
  placement: "CloudPlacement",
  acknowledged: "CloudAcknowledged",
  deadline: "CloudDeadline",
  leaseSeconds: "CloudLeaseSeconds",
  leaseUntil: "CloudLeaseUntil",
} as const;

/** Attributes that the submit commands of the VM universe set (HTCondor manual, "condor_submit", VM universe). */
export const STANDARD_ATTRIBUTE = {
  globalJobId: "GlobalJobId",
  memoryMiB: "JobVMMemory",
  vcpus: "JobVM_VCPUS",
  macAddress: "JobVM_MACADDR",
  gracefulStop: "WantGracefulRemoval",
} as const;

/** Renders the attributes of ours; memory, processors, MAC and the way to stop travel as submit commands. */
export function jobAttributes(job: CloudJob): Record<string, ClassAdValue> {
  const { spec } = job;
  return {
    [ATTRIBUTE.schema]: JOB_SCHEMA,
    [ATTRIBUTE.name]: spec.name,
    [ATTRIBUTE.key]: encodeText(job.key),
    [ATTRIBUTE.fleet]: job.fleet === undefined ? NONE : encodeText(job.fleet),
    [ATTRIBUTE.image]: spec.image,
    [ATTRIBUTE.profile]: spec.profile,
    [ATTRIBUTE.spec]: specDigest(spec),
    ...(spec.size.diskGiB === undefined ? {} : { [ATTRIBUTE.diskGiB]: spec.size.diskGiB }),
    [ATTRIBUTE.watchdog]: spec.watchdog ?? NO_WATCHDOG,
    [ATTRIBUTE.architecture]: job.imageNeeds.architecture,
    [ATTRIBUTE.firmware]: job.imageNeeds.firmware,
    [ATTRIBUTE.imageMiB]: job.imageNeeds.cacheMiB,
    [ATTRIBUTE.imageDiskMiB]: job.imageNeeds.diskMiB,
    [ATTRIBUTE.network]: spec.network,
    [ATTRIBUTE.address]: spec.address ?? NONE,
    [ATTRIBUTE.interfaces]: spec.interfaces === undefined ? NONE : encodeText(JSON.stringify(spec.interfaces)),
    [ATTRIBUTE.macAddresses]: macAddressesOf(spec).join(MAC_SEPARATOR),
    [ATTRIBUTE.exclusive]: job.exclusive ?? false,
    [ATTRIBUTE.seedDigest]: spec.seed ?? NONE,
    [ATTRIBUTE.seed]: job.seed ?? NONE,
    [ATTRIBUTE.sealKey]: job.sealKey ?? NONE,
    [ATTRIBUTE.labels]: encodeLabels(spec.labels),
    [ATTRIBUTE.placement]: encodePlacement(spec.placement),
    [ATTRIBUTE.acknowledged]: job.acknowledged,
    [ATTRIBUTE.deadline]: job.deadline,
    [ATTRIBUTE.leaseSeconds]: job.lease?.seconds ?? NO_LEASE,
    [ATTRIBUTE.leaseUntil]: job.lease?.until ?? NO_LEASE,
  };
}

/** Labels as the value of their attribute. */
export function encodeLabels(labels: Record<string, string>): string {
  return encodeText(JSON.stringify(labels));
}

/** A placement as the value of its attribute. */
export function encodePlacement(placement: Placement | undefined): string {
  return placement === undefined ? NONE : encodeText(JSON.stringify(placement));
}

const base64 = z.string().transform((text, context) => {
  const decoded = decodeText(text);
  if (decoded !== undefined) return decoded;
  context.addIssue({ code: "custom", message: "must be base64 of UTF-8 text" });
  return z.NEVER;
});

const json = base64.transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "must be base64 of JSON" });
    return z.NEVER;
  }
});

/** What a job may say or not; one of an earlier version says nothing. */
function orNone<T extends z.ZodType>(schema: T) {
  return z
    .literal(NONE)
    .transform(() => undefined)
    .or(schema)
    .optional();
}

/** The job ad as it is read, keyed in lower case. Bounded by the patterns, so no attribute can be of any size. */
const JobAd = z.object({
  globaljobid: GlobalJobId,
  jobvmmemory: z.int(),
  jobvm_vcpus: z.int().default(1),
  jobvm_macaddr: z.string(),
  wantgracefulremoval: z.boolean().default(false),
  cloudschema: z.literal(JOB_SCHEMA, `must be ${JOB_SCHEMA}`),
  cloudname: z.string(),
  cloudkey: base64,
  cloudfleet: orNone(base64),
  cloudimage: z.string(),
  cloudprofile: z.string(),
  cloudspec: Digest,
  clouddiskgib: z.int().optional(),
  cloudwatchdog: z.union([WatchdogAction, z.literal(NO_WATCHDOG)]).default(NO_WATCHDOG),
  // The defaults are what a job meant that was submitted before these were written.
  cloudarchitecture: z.string().default("x86_64"),
  cloudfirmware: z.string().default("bios"),
  cloudimagemib: z.int().default(0),
  cloudimagediskmib: z.int().default(0),
  cloudnetwork: z.string(),
  cloudaddress: orNone(z.string()),
  cloudinterfaces: orNone(json.pipe(FurtherInterfaces)),
  cloudexclusive: z.boolean().default(false),
  cloudseeddigest: orNone(z.string()),
  cloudseed: orNone(z.string()),
  cloudsealkey: orNone(z.string()),
  cloudlabels: json.pipe(Labels),
  cloudplacement: orNone(json.pipe(Placement)),
  cloudacknowledged: z.boolean(),
  clouddeadline: z.int(),
  cloudleaseseconds: z.int().default(NO_LEASE),
  cloudleaseuntil: z.int().default(NO_LEASE),
});

/** A job ad of ours, parsed and checked whole. */
export interface ParsedJob {
  readonly globalJobId: string;
  readonly job: CloudJob;
  /** The digest that the submitter computed; differs from `specDigest(job.spec)` when the ad was edited. */
  readonly specDigest: string;
}

/**
 * Reads a job ad as one of ours. Takes the ad as `condor_q -json` gives it or as `parseClassAdLines` does; throws a
 * `ZodError` that names each attribute that breaks the contract.
 */
export function parseJobAd(ad: Readonly<Record<string, unknown>>): ParsedJob {
  const lower = JobAd.parse(inLowerCase(ad));
  const job = CloudJob.parse({
    key: lower.cloudkey,
    ...optional("fleet", lower.cloudfleet),
    spec: {
      name: lower.cloudname,
      image: lower.cloudimage,
      profile: lower.cloudprofile,
      size: {
        memoryMiB: lower.jobvmmemory,
        vcpus: lower.jobvm_vcpus,
        ...optional("diskGiB", lower.clouddiskgib),
      },
      network: lower.cloudnetwork,
      macAddress: lower.jobvm_macaddr,
      ...optional("address", lower.cloudaddress),
      ...optional("interfaces", lower.cloudinterfaces),
      ...optional("seed", lower.cloudseeddigest),
      labels: lower.cloudlabels,
      ...(lower.cloudwatchdog === NO_WATCHDOG ? {} : { watchdog: lower.cloudwatchdog }),
      gracefulStop: lower.wantgracefulremoval,
      ...optional("placement", lower.cloudplacement),
    },
    imageNeeds: {
      architecture: lower.cloudarchitecture,
      firmware: lower.cloudfirmware,
      cacheMiB: lower.cloudimagemib,
      diskMiB: lower.cloudimagediskmib,
    },
    acknowledged: lower.cloudacknowledged,
    deadline: lower.clouddeadline,
    ...leaseOf(lower.cloudleaseseconds, lower.cloudleaseuntil),
    ...optional("seed", lower.cloudseed),
    ...optional("sealKey", lower.cloudsealkey),
    ...(lower.cloudexclusive ? { exclusive: true } : {}),
  });
  return { globalJobId: lower.globaljobid, job, specDigest: lower.cloudspec };
}

function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}

function leaseOf(seconds: number, until: number): { lease?: Lease } {
  if (seconds === NO_LEASE) return {};
  return { lease: until === NO_LEASE ? { seconds } : { seconds, until } };
}
