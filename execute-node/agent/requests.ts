import { z } from "zod";
import { parseClassAdLines } from "../../contract/classad.ts";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { type InstanceSpec, specDigest } from "../../contract/instance-spec.ts";
import { ATTRIBUTE, type CloudJob, type ImageNeeds, parseJobAd } from "../../contract/job-ad.ts";
import { GlobalJobId } from "../../contract/patterns.ts";
import { decodeSeed, type Seed, seedDigest } from "../../contract/seed.ts";
import { refuseForeignAttributes } from "./job-attributes.ts";
import { Refusal } from "./refusal.ts";

/** Whose job a request is about. */
export interface JobIdentity {
  readonly globalJobId: string;
  /** `user@domain`, as the schedd authenticated it. */
  readonly user: string;
}

/** What a prepare request asks for. */
export interface PrepareRequest extends JobIdentity {
  readonly spec: InstanceSpec;
  /** What the job says of its image. */
  readonly imageNeeds: ImageNeeds;
  /** What the guest is told; absent: its name alone. */
  readonly seed: Seed | undefined;
  /** The disk space that the job reserves, in KiB. */
  readonly reservedDiskKiB: number;
}

/** What a domain request asks for. */
export interface DomainRequest extends JobIdentity {
  /** The name by which vm-gahp will look for the domain; vm-gahp writes it into the ad itself. */
  readonly domainName: string;
}

const Identity = z.object({
  globaljobid: GlobalJobId,
  clusterid: z.int().nonnegative(),
  procid: z.int().nonnegative(),
  user: z.string().min(1).max(300),
});

const SEED_REMEDY = `${ATTRIBUTE.seed} and ${ATTRIBUTE.seedDigest} belong together; submit it anew.`;

const Reservation = z.object({ requestdisk: z.number().nonnegative() });

/** A domain's name as vm-gahp makes it: `<owner>_<domain>_<cluster>.<proc>`. */
const DomainName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,250}$/, "is no domain name of vm-gahp's");

/**
 * Reads the ad of a prepare request.
 *
 * @throws Refusal naming each attribute that breaks the contract
 */
export function parsePrepare(adText: string): PrepareRequest {
  const ad = parseClassAdLines(adText);
  const identity = parseIdentity(ad);
  refuseForeignAttributes(adText);
  const { job, specDigest: claimed } = explained(() => parseJobAd(ad));
  if (specDigest(job.spec) !== claimed) {
    throw new Refusal(
      "The job's attributes were changed after it was submitted: they do not match its CloudSpec. Submit it anew.",
    );
  }
  const { requestdisk: reservedDiskKiB } = explained(() => Reservation.parse(ad));
  return { ...identity, spec: job.spec, imageNeeds: job.imageNeeds, seed: seedOf(job), reservedDiskKiB };
}

/**
 * The seed that a job carries.
 *
 * @throws Refusal when it is not the one that the job's specification names
 */
function seedOf({ spec, seed: travelling }: CloudJob): Seed | undefined {
  if (spec.seed === undefined && travelling === undefined) return undefined;
  if (travelling === undefined) throw new Refusal(`The job names a seed and carries none. ${SEED_REMEDY}`);
  if (spec.seed === undefined) throw new Refusal(`The job carries a seed and does not name it. ${SEED_REMEDY}`);
  const seed = decodeSeed(travelling);
  if (seed === undefined) throw new Refusal(`The job's seed cannot be read. ${SEED_REMEDY}`);
  if (seedDigest(seed) !== spec.seed) throw new Refusal(`The job carries another seed than it names. ${SEED_REMEDY}`);
  return seed;
}

/**
 * Reads the ad of a domain request.
 *
 * @throws Refusal naming each attribute that cannot be used
 */
export function parseDomainRequest(adText: string): DomainRequest {
  const ad = parseClassAdLines(adText);
  return { ...parseIdentity(ad), domainName: explained(() => DomainName.parse(ad.vmparam_vm_name)) };
}

/** HTCondor lets no user change ClusterId, ProcId and User; GlobalJobId must agree with them. */
function parseIdentity(ad: Readonly<Record<string, unknown>>): JobIdentity {
  const { globaljobid, clusterid, procid, user } = explained(() => Identity.parse(ad));
  if (jobIdOf(globaljobid) !== `${clusterid}.${procid}`) {
    throw new Refusal(`The job's GlobalJobId names job ${jobIdOf(globaljobid)}, but it is job ${clusterid}.${procid}.`);
  }
  return { globalJobId: globaljobid, user };
}

function explained<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const issues = error.issues.map(({ path, message }) => `${path.join(".") || "value"}: ${message}`);
    throw new Refusal(
      `The job does not follow the contract of this Condor Cloud (${issues.join("; ")}). Submit it with a matching version of pulumi-condor.`,
    );
  }
}
