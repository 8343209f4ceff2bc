import { z } from "zod";
import { decodeText } from "../../contract/classad.ts";
import { ATTRIBUTE, type ParsedJob, parseJobAd, STANDARD_ATTRIBUTE } from "../../contract/job-ad.ts";
import { GlobalJobId } from "../../contract/patterns.ts";
import { type Ad, parseAds, unexpected } from "./output.ts";

/** What a query asks for: the attributes below and no other, because whole ads are twenty times as big. */
export const JOB_ATTRIBUTES: readonly string[] = [
  "ClusterId",
  "ProcId",
  "Owner",
  "QDate",
  "JobStatus",
  "HoldReason",
  "HoldReasonCode",
  "RemoveReason",
  "RemoteHost",
  "JobCurrentStartDate",
  "JobLastStartDate",
  "NumShadowStarts",
  "ServerTime",
  ...Object.values(STANDARD_ATTRIBUTE),
  // A guest's seed may be large, and is its node's business.
  ...Object.values(ATTRIBUTE).filter((name) => name !== ATTRIBUTE.seed),
];

/** HTCondor's `JobStatus` by meaning (HTCondor manual, "Job ClassAd Attributes"). */
export const JOB_STATUS = {
  idle: 1,
  running: 2,
  removed: 3,
  completed: 4,
  held: 5,
  transferringOutput: 6,
  suspended: 7,
} as const;

/** Words for people. A stranger's odd ad must not spoil the list for everybody, so what is no text counts as none. */
export const words = z.string().catch("");

/** A number that only serves to explain: what is none counts as not there. */
const number = z.int().nonnegative().optional().catch(undefined);

/** What a query of the queue answers, by the names in which ads are read. */
export const QueueAd = z.object({
  clusterid: z.int().nonnegative(),
  procid: z.int().nonnegative(),
  globaljobid: GlobalJobId,
  owner: words,
  qdate: z.int().nonnegative(),
  jobstatus: z.int(),
  holdreason: words,
  holdreasoncode: number,
  removereason: words,
  remotehost: words,
  jobcurrentstartdate: number,
  joblaststartdate: number,
  numshadowstarts: number,
  servertime: number,
  cloudkey: words.transform(decodeText),
  cloudfleet: words.transform(decodeText),
});

/** A job as the queue or the history knows it. */
export interface QueueJob {
  readonly globalJobId: string;
  readonly clusterId: number;
  readonly procId: number;
  /** The account that submitted it. */
  readonly owner: string;
  /** Unix time in seconds. */
  readonly queuedAt: number;
  /** One of {@link JOB_STATUS}; a later HTCondor may know more. */
  readonly status: number;
  /** HTCondor's words; empty when the job is not held. */
  readonly holdReason: string;
  /** HTCondor's `HoldReasonCode` (HTCondor manual, "Job ClassAd Attributes"); undefined when the job is not held. */
  readonly holdReasonCode: number | undefined;
  /** HTCondor's words; empty when the job was not removed. */
  readonly removeReason: string;
  /** The slot that runs it, `slot1_1@host`; empty while there is none. */
  readonly slot: string;
  /** When it was last given to a slot, but for the one that runs it now: Unix time in seconds; undefined: never. */
  readonly lastRunAt: number | undefined;
  /** How often it was given to a node: HTCondor counts the shadows, as the starts themselves come late to the queue. */
  readonly starts: number;
  /** The access point's clock when it answered, Unix time in seconds; undefined where it does not say (the history). */
  readonly serverTime: number | undefined;
  /** Whose it says that it is, as far as that can be read, even where the rest of it breaks the contract. */
  readonly key: string | undefined;
  /** The key of the fleet that it says it is a member of, read likewise; undefined: of none. */
  readonly fleet: string | undefined;
  /** What the contract reads from it; undefined when somebody edited the job so that it breaks the contract. */
  readonly cloud: ParsedJob | undefined;
}

/** Reads jobs from the answer of `condor_q -json` or `condor_history -json`. */
export function parseJobs(command: string, output: string): QueueJob[] {
  return parseAds(command, output).map((ad) => parseJob(command, output, ad));
}

function parseJob(command: string, output: string, ad: Ad): QueueJob {
  const parsed = QueueAd.safeParse(ad);
  if (!parsed.success) throw unexpected(command, output, parsed.error);
  const job = parsed.data;
  return {
    globalJobId: job.globaljobid,
    clusterId: job.clusterid,
    procId: job.procid,
    owner: job.owner,
    queuedAt: job.qdate,
    status: job.jobstatus,
    holdReason: job.holdreason,
    holdReasonCode: job.holdreasoncode,
    removeReason: job.removereason,
    slot: job.remotehost,
    lastRunAt: job.jobstatus === JOB_STATUS.running ? job.joblaststartdate : job.jobcurrentstartdate,
    starts: job.numshadowstarts ?? 0,
    serverTime: job.servertime,
    key: job.cloudkey,
    fleet: job.cloudfleet === "" ? undefined : job.cloudfleet,
    cloud: readContract(ad),
  };
}

function readContract(ad: Ad): ParsedJob | undefined {
  try {
    return parseJobAd(ad);
  } catch (error) {
    if (error instanceof z.ZodError) return undefined;
    throw error;
  }
}
