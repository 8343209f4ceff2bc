import { REQUEST_MAX_BYTES } from "./request-limit.ts";

/** The attributes of a job ad that the agent reads; the rest stays out of a request. */
const RELEVANT =
  /^\s*(?:Cloud\w*|JobVM\w+|RequestDisk|GlobalJobId|ClusterId|ProcId|User|VM_XML|VMPARAM_VM_(?:NAME|DISK))\s*=/i;

/** The most that these may take together in a request's JSON, in bytes: the rest of the request is small. */
const RELEVANT_MAX_BYTES = REQUEST_MAX_BYTES - 1024;

/** A job whose attributes are larger than any machine's can be. */
export class OversizedJobError extends Error {}

/**
 * Keeps of a job ad's text, one attribute a line, what the agent reads.
 *
 * @throws OversizedJobError naming the largest attribute when that is more than a request can hold
 */
export function relevantLines(adText: string): string {
  const lines = adText.split("\n").filter((line) => RELEVANT.test(line));
  const text = lines.join("\n");
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes <= RELEVANT_MAX_BYTES) return text;
  const [largest = ""] = lines.sort((one, other) => other.length - one.length);
  throw new OversizedJobError(
    `The job's attributes for Condor Cloud take ${bytes} bytes, and ${RELEVANT_MAX_BYTES} are the most. The largest is ` +
      `${largest.slice(0, largest.indexOf("=")).trim().slice(0, 100)} with ${largest.length} bytes. Submit it without that.`,
  );
}
