import { writeFile } from "node:fs/promises";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import { PROBE_NAME, probeXml } from "../domain/probe-domain.ts";
import { destroyDomain, listDomains, VIRSH } from "./libvirt.ts";
import { presentNetworks } from "./networks.ts";
import { run } from "./run.ts";

/** What a probe is made with. */
export interface ProbeParts {
  readonly configuration: ResolvedNodeConfiguration;
  readonly acceleration: "kvm" | "qemu";
  /** Where the probe's domain is written down for virsh. */
  readonly file: string;
}

/**
 * Finds out whether a machine could start here: libvirt answers, a network is there, and a domain can be created. A
 * network that is missing is none that jobs are offered, so one is enough.
 *
 * @throws Error saying what is in the way
 */
export async function probe({ configuration, acceleration, file }: ProbeParts): Promise<void> {
  await endProbe();
  const present = await presentNetworks(configuration);
  const networks = Object.entries(configuration.networks).filter(([name]) => present.includes(name));
  if (networks.length === 0) {
    throw new Error(`none of the networks of this node is there: ${Object.keys(configuration.networks).join(", ")}`);
  }
  const devices = networks.map(([, network]) => network);
  await writeFile(file, probeXml(acceleration, configuration.emulatorFolder, devices));
  try {
    await run("virsh", [...VIRSH, "create", "--paused", "--file", file], { timeoutSeconds: 60 });
  } catch (error) {
    // Why it could not be made says more than why it cannot be ended; the next probe ends it first.
    await endProbe().catch(() => {});
    throw error;
  }
  await endProbe();
}

/** Ends the domain of a probe that did not end it itself. @throws Error when libvirt does not answer */
export async function endProbe(): Promise<void> {
  if ((await listDomains()).has(PROBE_NAME)) await destroyDomain(PROBE_NAME);
}
