import { ATTRIBUTE, MAC_SEPARATOR, STANDARD_ATTRIBUTE } from "../../contract/job-ad.ts";
import { InstanceName, MacAddress } from "../../contract/patterns.ts";
import { JOB_STATUS, QueueAd, type QueueJob, words } from "./jobs.ts";
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

/**
 * A job in the queue that has, or may get, a machine with certain MAC addresses. One that is being removed (X) holds them
 * until it has left the queue.
 */
export interface MacHolder
  extends Pick<QueueJob, "globalJobId" | "clusterId" | "procId" | "owner" | "queuedAt" | "status" | "slot" | "key"> {
  /** The machine's name; empty for a job that somebody submitted by hand. */
  readonly name: string;
  /** In lower case. */
  readonly macAddresses: readonly string[];
}

const HolderAd = QueueAd.pick({
  globaljobid: true,
  clusterid: true,
  procid: true,
  owner: true,
  qdate: true,
  jobstatus: true,
  remotehost: true,
  cloudkey: true,
}).extend({ jobvm_macaddr: words, cloudmacs: words, cloudname: words });

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
    key: job.cloudkey,
    macAddresses: [...new Set(macs)].filter((mac) => MacAddress.safeParse(mac).success),
  };
}
