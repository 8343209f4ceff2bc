import { jobIdOf } from "../../contract/global-job-id.ts";
import { GlobalJobId } from "../../contract/patterns.ts";
import { domainSuffix, instanceFolderName } from "./instance-folders.ts";

/** A machine as its agent knows it, for the decision what may stay. */
export interface KnownMachine {
  readonly globalJobId: string;
  /** Seconds since its job was last seen in a slot, or since it was prepared. */
  readonly jobUnseenSeconds: number;
  /** Whether a request for it is being worked on. */
  readonly preparing: boolean;
  /** The name of its domain, while libvirt has one. */
  readonly domainName: string | undefined;
  /** Whether the starter of its job was seen and is no more: then nobody else will end the domain. */
  readonly starterGone: boolean;
}

/** What {@link decide} wants done. */
export interface Decision {
  /** Names of domains to end: they run although no slot runs their job. */
  readonly destroy: readonly string[];
  /** Machines to forget, folder and all. */
  readonly remove: readonly string[];
}

/** How long a job may be in no slot before its folder goes, in seconds: longer than the startd's answer is old. */
export const FOLDER_GRACE_SECONDS = 3;

/**
 * How long a domain may run without a job, in seconds, while its starter lives or was never seen: a starter on its way
 * out takes up to this long to end it.
 */
export const DOMAIN_GRACE_SECONDS = 60;

/**
 * Decides what no job needs any more. A domain and a folder exist if and only if a slot of this node runs their job,
 * whatever the starter, the startd, libvirtd or an earlier agent died of.
 *
 * Jobs are read from the startd itself, which decides what runs here; when it cannot be asked, nothing is decided.
 *
 * @param jobsInSlots - the GlobalJobIds in this node's slots; undefined when the startd gave no answer
 * @param undescribed - the names of domains that libvirt could not describe: what they might use stays
 */
export function decide(
  machines: readonly KnownMachine[],
  jobsInSlots: ReadonlySet<string> | undefined,
  undescribed: readonly string[],
): Decision {
  if (jobsInSlots === undefined) return { destroy: [], remove: [] };
  const idle = machines.filter(({ globalJobId, preparing }) => !preparing && !jobsInSlots.has(globalJobId));
  return {
    destroy: idle.flatMap(({ domainName, jobUnseenSeconds, starterGone }) =>
      domainName !== undefined && (starterGone || jobUnseenSeconds >= DOMAIN_GRACE_SECONDS) ? [domainName] : [],
    ),
    remove: idle
      .filter(
        ({ globalJobId, domainName, jobUnseenSeconds }) =>
          domainName === undefined &&
          jobUnseenSeconds >= FOLDER_GRACE_SECONDS &&
          !undescribed.some((name) => name.endsWith(domainSuffix(jobIdOf(globalJobId)))),
      )
      .map(({ globalJobId }) => globalJobId),
  };
}

/**
 * The folders whose record cannot be read and that nothing needs any more: no slot runs their job, and no domain, known
 * or not described, can have its disk in one.
 */
export function unneededFolders(
  folders: ReadonlySet<string>,
  machines: readonly KnownMachine[],
  jobsInSlots: ReadonlySet<string> | undefined,
  undescribed: readonly string[],
): string[] {
  if (jobsInSlots === undefined) return [];
  const needed = new Set([...jobsInSlots, ...machines.map(({ globalJobId }) => globalJobId)].flatMap(folderNameOf));
  return [...folders].filter(
    (folder) =>
      !needed.has(folder) &&
      !undescribed.some((name) => name.endsWith(domainSuffix(folder.slice(0, folder.lastIndexOf("-"))))),
  );
}

/** A slot may run a job whose GlobalJobId is none by our pattern; it has no folder here. */
function folderNameOf(globalJobId: string): string[] {
  return GlobalJobId.safeParse(globalJobId).success ? [instanceFolderName(globalJobId)] : [];
}
