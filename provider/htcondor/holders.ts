import { z } from "zod";
import { decodeText } from "../../contract/classad.ts";
import { ATTRIBUTE, MAC_SEPARATOR, STANDARD_ATTRIBUTE } from "../../contract/job-ad.ts";
import { GlobalJobId, InstanceName, MacAddress } from "../../contract/patterns.ts";
import { JOB_STATUS } from "./jobs.ts";
import { type Ad, parseAds, unexpected } from "./output.ts";

/** What a query for who holds MAC addresses asks for: whole machines are ten times as big. */
export const HOLDER_ATTRIBUTES: readonly string[] = [
  "ClusterId",
  "ProcId",
  "Owner",
  "QDate",
  "JobStatus",
  "RemoteHost",
  STANDARD_ATTRIBUTE.globalJobId,
  STANDARD_ATTRIBUTE.macAddress,
  ATTRIBUTE.macAddresses,
  ATTRIBUTE.name,
  ATTRIBUTE.key,
];

/** A job in the queue that has, or may get, a machine with certain MAC addresses. */
export interface MacHolder {
  readonly globalJobId: string;
  readonly clusterId: number;
  readonly procId: number;
  /** The account that submitted it. */
  readonly owner: string;
  /** Unix time in seconds. */
  readonly queuedAt: number;
  /** One of {@link JOB_STATUS}. One that is being removed (X) holds its addresses until it has left the queue. */
  readonly status: number;
  /** The slot that runs it, `slot1_1@host`; empty while there is none. */
  readonly slot: string;
  /** The machine's name; empty for a job that somebody submitted by hand. */
  readonly name: string;
  readonly key: string | undefined;
  /** In lower case. */
  readonly macAddresses: readonly string[];
}

/** Whoever may submit may write anything into a job: what is no text counts as none. */
const words = z.string().catch("");

const HolderAd = z.object({
  globaljobid: GlobalJobId,
  clusterid: z.int().nonnegative(),
  procid: z.int().nonnegative(),
  owner: words,
  qdate: z.int().nonnegative(),
  jobstatus: z.int(),
  remotehost: words,
  jobvm_macaddr: words,
  cloudmacs: words,
  cloudname: words,
  cloudkey: words,
});

/** Reads who holds which MAC addresses from the answer of `condor_q -json`; jobs whose machine has ended hold none. */
export function parseHolders(command: string, output: string): MacHolder[] {
  return parseAds(command, output)
    .map((ad) => parseHolder(command, output, ad))
    .filter(({ status, macAddresses }) => status !== JOB_STATUS.completed && macAddresses.length > 0);
}

function parseHolder(command: string, output: string, ad: Ad): MacHolder {
  const parsed = HolderAd.safeParse(ad);
  if (!parsed.success) throw unexpected(command, output, parsed.error);
  const job = parsed.data;
  const macs = [job.jobvm_macaddr, ...job.cloudmacs.split(MAC_SEPARATOR)].map((mac) => mac.toLowerCase());
  return {
    globalJobId: job.globaljobid,
    clusterId: job.clusterid,
    procId: job.procid,
    owner: job.owner,
    queuedAt: job.qdate,
    status: job.jobstatus,
    slot: job.remotehost,
    name: InstanceName.safeParse(job.cloudname).data ?? "",
    key: decodeText(job.cloudkey),
    macAddresses: [...new Set(macs)].filter((mac) => MacAddress.safeParse(mac).success),
  };
}
