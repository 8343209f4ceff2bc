import type { CloudJob } from "../../contract/job-ad.ts";
import { CloudError } from "../errors.ts";
import type { CommandFailedError } from "./errors.ts";
import { halvesOf } from "./halves.ts";
import { queryScheddSetting } from "./operations.ts";
import type { Run } from "./run.ts";

/** The schedd's bound on the jobs of one submission (HTCondor manual, "condor_schedd Configuration"); 20,000 by default. */
const LIMIT = "MAX_JOBS_PER_SUBMISSION";

/** The most of one submission's table, in bytes: the schedd holds it in memory, in one transaction. */
const BYTES_MOST = 8 * 1024 * 1024;

/** What a row has beside the job's own texts, in bytes, about. */
const ROW_BYTES = 1024;

/** A row holds most of what people wrote as base64, which makes so many bytes of one; a seed is that already. */
const BASE64_GROWTH = 4 / 3;

/**
 * How much goes into one submission. The access point's own bound is only learnt when it is met, for most have the
 * default; then it is remembered for the process.
 */
export class SubmissionLimits {
  #jobsMost = Number.POSITIVE_INFINITY;

  /** Cuts what is to be submitted so that no part exceeds what is known. */
  partsOf(jobs: readonly CloudJob[]): CloudJob[][] {
    const parts: CloudJob[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const job of jobs) {
      const { seed = "", ...rest } = job;
      const cost = ROW_BYTES + seed.length + JSON.stringify(rest).length * BASE64_GROWTH;
      const last = parts.at(-1);
      if (last === undefined || last.length >= this.#jobsMost || bytes + cost > BYTES_MOST) {
        parts.push([job]);
        bytes = cost;
      } else {
        last.push(job);
        bytes += cost;
      }
    }
    return parts;
  }

  /** Parts what the schedd refused together: where its bound was met, by that; else in halves, to find whom it refuses. */
  async split(run: Run, jobs: readonly CloudJob[], refusal: CommandFailedError): Promise<CloudJob[][]> {
    if (!(refusal.why ?? "").includes(LIMIT)) return halvesOf(jobs);
    if (jobs.length <= this.#jobsMost) this.#jobsMost = await learn(run, jobs.length);
    return this.partsOf(jobs);
  }
}

/** The refusal does not say the number. Where the schedd does not tell it either, half of what was refused is tried. */
async function learn(run: Run, refused: number): Promise<number> {
  const told = Number(await queryScheddSetting(run, LIMIT).catch(ignoreCloudError));
  return Number.isSafeInteger(told) && told > 0 && told < refused ? told : Math.ceil(refused / 2);
}

function ignoreCloudError(error: unknown): undefined {
  if (!(error instanceof CloudError)) throw error;
  return undefined;
}
