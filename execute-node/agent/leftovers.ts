import { jobIdOf } from "../../contract/global-job-id.ts";
import { domainSuffix } from "./instance-folders.ts";
import { type DomainFacts, describeDomain, destroyDomain, listDomains } from "./libvirt.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import { Refusal } from "./refusal.ts";
import type { SlotJob } from "./startd.ts";

/** Ends what an earlier run of a job left running: libvirt refuses a second domain of the same name. */
export async function endDomainsOf(globalJobId: string, log: Log): Promise<void> {
  for (const name of (await listDomains()).keys()) {
    if (!name.endsWith(domainSuffix(jobIdOf(globalJobId)))) continue;
    const facts = await factsOf(name);
    if (facts === undefined || facts === "foreign" || facts.globalJobId !== globalJobId) continue;
    log(`ends domain ${name}: its job ${globalJobId} starts anew`);
    await destroyDomain(name);
  }
}

/**
 * Ends the domain that has the name of a machine's new one and is of another job, or of an earlier run of this one.
 * Anybody who reaches the socket may ask for a domain, so none is touched that a slot's job may own.
 *
 * @throws Refusal when the name is taken by a domain that stays
 */
export async function endLeftover(
  name: string,
  machine: Machine,
  jobsInSlots: () => Promise<readonly SlotJob[] | undefined>,
  log: Log,
): Promise<void> {
  // A libvirt that does not answer now refuses the new domain itself, and HTCondor goes elsewhere.
  const domains = await listDomains().catch(() => undefined);
  if (!domains?.has(name)) return;
  const facts = await factsOf(name);
  if (facts === undefined) return;
  if (facts === "foreign") throw new Refusal(`A domain ${name} that is not ours runs here.`, { retry: true });
  if (facts.globalJobId === machine.globalJobId) {
    if (machine.domainGiven || machine.record?.startedAt !== undefined) return;
  } else {
    const jobs = await jobsInSlots();
    if (jobs === undefined || jobs.some(({ globalJobId }) => globalJobId === facts.globalJobId)) {
      throw new Refusal(`Domain ${name} of job ${facts.globalJobId} runs here.`, { retry: true });
    }
  }
  log(`ends domain ${name} of ${facts.globalJobId}: ${machine.globalJobId} starts under its name`);
  await destroyDomain(name);
}

/** What a domain's XML says; undefined when it has ended meanwhile, as those do whose starter has just died. */
async function factsOf(name: string): Promise<DomainFacts | "foreign" | undefined> {
  try {
    return await describeDomain(name);
  } catch (error) {
    if (!(await listDomains()).has(name)) return undefined;
    throw error;
  }
}
