import { type ClassAdValue, classAdLiteral, encodeText } from "../../contract/classad.ts";
import { jobNumberOf } from "../../contract/global-job-id.ts";
import { ATTRIBUTE, STANDARD_ATTRIBUTE, VM_UNIVERSE } from "../../contract/job-ad.ts";
import { SLOT_ATTRIBUTE } from "../../contract/node-report.ts";
import { Digest } from "../../contract/patterns.ts";

/**
 * A constraint is one argument, which Linux bounds at 131,071 bytes; what is asked for is cut to stay below. That bounds
 * the answer as well: 3,600 of the shortest ids, with labels and placement as large as they may be, are half of what is read.
 */
const CONSTRAINT_MAX = 100_000;

/**
 * The jobs with these ids. Names the cluster (and for a single job the proc), which the schedd finds without looking
 * through its queue, and the GlobalJobId, so that a number that was given out again after a pool was rebuilt never
 * means a stranger's job.
 */
export function jobsWithIds(ids: readonly string[]): string[] {
  return cut(ids, (part) => {
    const numbers = part.map(jobNumberOf);
    const clusters = [...new Set(numbers.map((number) => number.clusterId))];
    const cluster = clusters.length === 1 ? `ClusterId == ${clusters[0]} && ` : "";
    const [only, ...others] = numbers;
    const proc = only !== undefined && others.length === 0 ? `ProcId == ${only.procId} && ` : "";
    return `${cluster}${proc}${isOneOf(STANDARD_ATTRIBUTE.globalJobId, part)}`;
  });
}

/** The jobs of one submission. */
export function jobsOfCluster(clusterId: number): string {
  if (!Number.isSafeInteger(clusterId)) throw new TypeError(`Not a cluster's number: ${clusterId}`);
  return `ClusterId == ${clusterId}`;
}

/** The jobs with these keys (`project/stack/type/name`). */
export function jobsWithKeys(keys: readonly string[]): string[] {
  return cut(keys.map(encodeText), (part) => isOneOf(ATTRIBUTE.key, part));
}

/** Base64 makes four characters of so many bytes, and of those alone, whatever follows. */
const BASE64_GROUP_BYTES = 3;

/**
 * The jobs whose keys begin like this, and some others: the keys are base64, in which a text's beginning is the beginning
 * of the whole up to its last complete group. Costs the schedd as much as a comparison (measured: 1,000 jobs in 0.1 s).
 */
export function jobsWithKeysFrom(start: string): string {
  const bytes = Buffer.from(start);
  const groups = bytes.subarray(0, bytes.length - (bytes.length % BASE64_GROUP_BYTES)).toString("base64");
  return `${ATTRIBUTE.key} =!= undefined && substr(${ATTRIBUTE.key}, 0, ${groups.length}) =?= ${classAdLiteral(groups)}`;
}

/** The members of the fleets with these keys. */
export function jobsOfFleets(keys: readonly string[]): string[] {
  return cut(keys.map(encodeText), (part) => isOneOf(ATTRIBUTE.fleet, part));
}

/** Every job of ours, and every other one that is a virtual machine: somebody submitted it by hand. */
export function machineJobs(): string {
  return `${ATTRIBUTE.schema} =!= undefined || JobUniverse == ${VM_UNIVERSE}`;
}

/** The jobs whose image has this digest, whatever its name was. */
export function jobsWithImage(digest: string): string {
  const text = Digest.parse(digest);
  return `${ATTRIBUTE.image} =!= undefined && substr(${ATTRIBUTE.image}, -${text.length}) == ${classAdLiteral(text)}`;
}

/** The slots that report on the machines of these jobs. */
export function slotsWithJobs(ids: readonly string[]): string[] {
  return cut(ids, (part) => isOneOf(SLOT_ATTRIBUTE.job, part));
}

/** Every slot that reports on a machine. */
export function slotsWithAnyJob(): string {
  return `${SLOT_ATTRIBUTE.job} =!= undefined`;
}

/** Every slot in which a node says what went wrong with machines. */
export function slotsWithFailures(): string {
  return `${SLOT_ATTRIBUTE.failures} =!= undefined`;
}

/** Every slot of a node of ours from which machines get their part. */
export function nodeSlots(): string {
  return `${SLOT_ATTRIBUTE.schema} =!= undefined && SlotType =!= "Dynamic"`;
}

function isOneOf(attribute: string, values: readonly ClassAdValue[]): string {
  const [first, ...rest] = values.map(classAdLiteral);
  if (first === undefined) throw new TypeError(`No value to compare ${attribute} with`);
  return rest.length === 0 ? `${attribute} =?= ${first}` : `member(${attribute}, {${[first, ...rest].join(", ")}})`;
}

/** Cuts a list so that each part's constraint stays below the bound of one argument. */
function cut(values: readonly string[], render: (part: readonly string[]) => string): string[] {
  const parts: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const cost = Buffer.byteLength(value) + 8;
    if (bytes + cost > CONSTRAINT_MAX) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(value);
    bytes += cost;
  }
  return parts.map(render);
}
