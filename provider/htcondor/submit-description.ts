import type { ClassAdValue } from "../../contract/classad.ts";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { concurrencyLimitOf, macAddressesOf, networksOf } from "../../contract/interfaces.ts";
import { ATTRIBUTE, CloudJob, encodePlacement, HOOK_KEYWORD, jobAttributes } from "../../contract/job-ad.ts";
import { NODE_SCHEMA, SLOT_ATTRIBUTE } from "../../contract/node-report.ts";
import type { Placement } from "../../contract/placement.ts";
import { EVICTED, EVICTED_REASON, placementCommands, placementRequirements, rankOf } from "./placement.ts";

/**
 * Seconds after which HTCondor gives up a node that fell silent and starts the machine elsewhere. HTCondor's default
 * of 40 minutes is made for computations that would lose their work.
 */
const JOB_LEASE_SECONDS = 300;

/** A machine that powered itself off stays visible in the queue for so long, though nothing runs any more. */
const COMPLETED_VISIBLE_SECONDS = 600;

/** The least disk space that is asked for, in MiB: HTCondor 25's own least. */
const LEAST_DISK_MIB = 1024;

/** What a table's cell may hold: no blank and no comma (they end it), no `$` (it is expanded), no quote, no control. */
const CELL = /^[A-Za-z0-9+/=:._@-]+$/;

/** What the last cell of a row may hold: it takes the rest of the line, commas and all. It must not be empty. */
const LAST_CELL = /^[a-z0-9.]+(?:,[a-z0-9.]+)*$/;

/** Stands between the networks in a cell. */
const NETWORK_SEPARATOR = ":";

/** The variable of the last cell. */
const LIMITS = "cloud_limits";

/** One column: its values differ from machine to machine. */
interface Column {
  readonly variable: string;
  readonly value: (job: CloudJob, attributes: Record<string, ClassAdValue>) => ClassAdValue;
}

const COLUMNS: readonly Column[] = [
  { variable: "cloud_instance", value: (job) => job.spec.name },
  { variable: "cloud_memory_mib", value: (job) => job.spec.size.memoryMiB },
  { variable: "cloud_cpus", value: (job) => job.spec.size.vcpus },
  { variable: "cloud_disk_mib", value: diskMiB },
  { variable: "cloud_disk_kib", value: (job) => diskMiB(job) * 1024 },
  { variable: "cloud_mac", value: (job) => job.spec.macAddress },
  { variable: "cloud_networks", value: (job) => networksOf(job.spec).join(NETWORK_SEPARATOR) },
  { variable: "cloud_digest", value: (job) => ImageReferenceText.parse(job.spec.image).digest },
  { variable: "cloud_graceful", value: (job) => job.spec.gracefulStop },
  ...Object.values(ATTRIBUTE).map((attribute) => ({
    variable: attributeVariable(attribute),
    // An attribute that a job does not have is written as the ClassAd value `undefined`.
    value: (_job: CloudJob, attributes: Record<string, ClassAdValue>) => attributes[attribute] ?? "undefined",
  })),
  { variable: LIMITS, value: limits },
];

/**
 * What HTCondor runs one of at a time: those that share a MAC address, where the job must be the only one with it. The same
 * text for all others, because jobs that differ in it are negotiated one by one.
 */
function limits({ spec, exclusive }: CloudJob): string {
  return exclusive ? macAddressesOf(spec).map(concurrencyLimitOf).join(",") : "none";
}

/** Those of our attributes whose values stand in quotes. */
const TEXT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ATTRIBUTE.name,
  ATTRIBUTE.key,
  ATTRIBUTE.fleet,
  ATTRIBUTE.image,
  ATTRIBUTE.profile,
  ATTRIBUTE.spec,
  ATTRIBUTE.watchdog,
  ATTRIBUTE.architecture,
  ATTRIBUTE.firmware,
  ATTRIBUTE.network,
  ATTRIBUTE.address,
  ATTRIBUTE.interfaces,
  ATTRIBUTE.macAddresses,
  ATTRIBUTE.seedDigest,
  ATTRIBUTE.seed,
  ATTRIBUTE.sealKey,
  ATTRIBUTE.labels,
  ATTRIBUTE.placement,
]);

/** Whether a node has the image in its cache. */
const HAS_IMAGE = `stringListMember("$(cloud_digest)", TARGET.${SLOT_ATTRIBUTE.images})`;

/** What HTCondor gives as `RemoveReason` where a lease is over, and where nobody acknowledged the machine in time. */
export const LEASE_OVER_REASON = "Its lease is over.";
export const UNCLAIMED_REASON = "Nobody acknowledged it by its deadline.";

/** No create acknowledged the machine in time. */
const UNCLAIMED = `${ATTRIBUTE.acknowledged} =!= true && time() > ${ATTRIBUTE.deadline}`;

/** The machine's lease is over, which begins at the acknowledgement. */
const LEASE_OVER = `${ATTRIBUTE.leaseUntil} > 0 && time() > ${ATTRIBUTE.leaseUntil}`;

/**
 * The commands that every machine's job has. `vm_vcpus` alone would be 1 for the match, hence `request_cpus`; a VM job
 * must name a disk, which the execute node ignores; without the two commands about output the overlay would travel
 * home at the end; `initialdir` must exist on the access point. A job only matches a node that can boot its image and
 * has it or has room for it; one that nobody acknowledged in time, or whose lease is over, is removed by HTCondor
 * itself.
 */
const commandsOf = (placement: Placement | undefined): readonly string[] => [
  "universe = vm",
  "vm_type = kvm",
  "executable = $(cloud_instance)",
  "initialdir = /",
  "vm_memory = $(cloud_memory_mib)",
  "vm_vcpus = $(cloud_cpus)",
  "request_memory = $(cloud_memory_mib)",
  "request_cpus = $(cloud_cpus)",
  "request_disk = $(cloud_disk_kib)",
  "vm_networking = true",
  "vm_macaddr = $(cloud_mac)",
  "vm_disk = /dev/null:null:null",
  "vm_no_output_vm = true",
  "transfer_output_files =",
  `requirements = ${[
    'TARGET.Arch == "X86_64"',
    `TARGET.${SLOT_ATTRIBUTE.schema} =?= ${NODE_SCHEMA}`,
    `stringListSubsetMatch("$(cloud_networks)", TARGET.${SLOT_ATTRIBUTE.networks}, ",${NETWORK_SEPARATOR}")`,
    `TARGET.${SLOT_ATTRIBUTE.diskFreeMiB} >= $(cloud_disk_mib)`,
    `stringListMember("${cellOf(ATTRIBUTE.architecture)}", TARGET.${SLOT_ATTRIBUTE.architectures})`,
    `stringListMember("${cellOf(ATTRIBUTE.firmware)}", TARGET.${SLOT_ATTRIBUTE.firmwares})`,
    `(${HAS_IMAGE} || TARGET.${SLOT_ATTRIBUTE.cacheAvailableMiB} >= ${cellOf(ATTRIBUTE.imageMiB)})`,
    ...placementRequirements(placement),
  ].join(" && ")}`,
  `rank = ${rankOf(HAS_IMAGE)}`,
  ...placementCommands(placement),
  `job_lease_duration = ${JOB_LEASE_SECONDS}`,
  "want_graceful_removal = $(cloud_graceful)",
  `leave_in_queue = JobStatus == 4 && time() < CompletionDate + ${COMPLETED_VISIBLE_SECONDS}`,
  `periodic_remove = (${UNCLAIMED}) || (${LEASE_OVER}) || (${EVICTED})`,
  `+PeriodicRemoveReason = ifThenElse(${EVICTED}, "${EVICTED_REASON}", ifThenElse(${LEASE_OVER}, "${LEASE_OVER_REASON}", "${UNCLAIMED_REASON}"))`,
  `concurrency_limits_expr = ifThenElse(${ATTRIBUTE.exclusive} =?= true, "$(${LIMITS})", undefined)`,
  `+HookKeyword = "${HOOK_KEYWORD}"`,
  ...Object.values(ATTRIBUTE).map((attribute) => {
    const value = cellOf(attribute);
    return `+${attribute} = ${TEXT_ATTRIBUTES.has(attribute) ? `"${value}"` : value}`;
  }),
];

/**
 * Parts machines so that each part fits into one submission: an expression is no value for a table's cell, so all that is
 * said of where a machine runs is said once for all in it. Those of a fleet without overrides are alike.
 */
export function alike(jobs: readonly CloudJob[]): CloudJob[][] {
  const byPlacement = new Map<string, CloudJob[]>();
  for (const job of jobs) {
    const placement = encodePlacement(job.spec.placement);
    const part = byPlacement.get(placement) ?? [];
    part.push(job);
    byPlacement.set(placement, part);
  }
  return [...byPlacement.values()];
}

/**
 * Renders one submit description for many machines of one placement ({@link alike}): the commands once, and a table with
 * a row for each machine. Everything a person wrote is in the table as base64 or of a strict pattern, because HTCondor
 * expands macros in its cells (`$ENV(HOME)` works there).
 *
 * @throws ZodError when a job breaks the contract; nothing is submitted then
 */
export function submitDescription(jobs: readonly CloudJob[]): string {
  if (alike(jobs).length > 1) throw new TypeError("Machines of several placements do not fit into one submission");
  const rows = jobs.map((job) => row(CloudJob.parse(job)));
  const variables = COLUMNS.map((column) => column.variable).join(",");
  return `${[...commandsOf(jobs[0]?.spec.placement), `queue ${variables} from (`, ...rows, ")"].join("\n")}\n`;
}

/** Reads what `condor_submit -terse` prints, `35.0 - 35.999`; undefined when it is none. */
export function parseSubmitted(output: string): { clusterId: number; count: number } | undefined {
  const match = /^(\d+)\.0 - (\d+)\.(\d+)\s*$/m.exec(output);
  if (match === null || match[1] !== match[2]) return undefined;
  return { clusterId: Number(match[1]), count: Number(match[3]) + 1 };
}

function row(job: CloudJob): string {
  const attributes = jobAttributes(job);
  return COLUMNS.map((column) => cell(column.variable, column.value(job, attributes))).join(" ");
}

/** One cell of the table. What does not fit is a defect of ours, and must not reach condor_submit. */
export function cell(variable: string, value: ClassAdValue): string {
  const text = String(value);
  const pattern = variable === LIMITS ? LAST_CELL : CELL;
  if (!pattern.test(text)) throw new TypeError(`Not a value for the submission's ${variable}: ${JSON.stringify(text)}`);
  return text;
}

function attributeVariable(attribute: string): string {
  return `cloud_attribute_${attribute.toLowerCase()}`;
}

/** Stands for the attribute's cell in the commands. */
function cellOf(attribute: string): string {
  return `$(${attributeVariable(attribute)})`;
}

/** The space that is reserved for the machine's disk: all that it can grow to, for a full node stops all its machines. */
export function diskMiB({
  spec,
  imageNeeds,
}: {
  readonly spec: Pick<CloudJob["spec"], "size">;
  readonly imageNeeds: Pick<CloudJob["imageNeeds"], "diskMiB">;
}): number {
  return Math.max(LEAST_DISK_MIB, spec.size.diskGiB === undefined ? imageNeeds.diskMiB : spec.size.diskGiB * 1024);
}
