import { CONCURRENCY_LIMIT_GROUP, GUARD_COMMAND, GUARD_LINE } from "../../../contract/interfaces.ts";
import type { InstalledFile } from "../configuration.ts";

/** Where HTCondor reads it; another file than an execute node's, for a machine may be both. */
export const MANAGER_FILE = "/etc/condor/config.d/60-condor-cloud-manager.config";

/** The line by which the rank of machines counts: without it they are packed, whatever they say. */
export const RANK_LINE =
  "NEGOTIATOR_PRE_JOB_RANK = ifThenElse(TARGET.CloudSchema =?= undefined, $(NEGOTIATOR_PRE_JOB_RANK), (10000000 * MY.Rank) + (1000000 * (RemoteOwner =?= UNDEFINED)))";

/** HTCondor's configuration of a pool's central manager, as text. */
export const MANAGER_CONFIGURATION = `# Condor Cloud: never two machines at once with one MAC address, and so with one fixed address, whoever submits them. Their
# jobs have concurrency_limits = ${CONCURRENCY_LIMIT_GROUP}.m<MAC address> (HTCondor manual, "Concurrency Limits").
#
# Machines go where their own rank says (docs/placement.md), which the negotiator's default only asks among slots with equally
# many free processors and equally much free memory. Other jobs are placed as before (HTCondor manual,
# "NEGOTIATOR_PRE_JOB_RANK": MY is the slot, TARGET the job).
#
# Written by \`${GUARD_COMMAND}\`; what is to differ belongs into a file that sorts after this one.
${GUARD_LINE}
${RANK_LINE}
`;

/** The one file that a central manager needs. */
export const managerFile: InstalledFile = {
  path: MANAGER_FILE,
  mode: 0o644,
  owner: "root:root",
  content: MANAGER_CONFIGURATION,
};
