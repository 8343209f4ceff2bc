import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { InstanceSpec } from "../../contract/instance-spec.ts";
import type { NodeReport } from "../../contract/node-report.ts";
import type { NodeNetwork, ResolvedNodeConfiguration } from "../configuration.ts";
import { domainXml } from "../domain/domain-xml.ts";
import type { Request } from "../protocol.ts";
import type { ImageCache } from "./cache.ts";
import type { InstanceFolders } from "./instance-folders.ts";
import { addressesOn, destroyDomain } from "./libvirt.ts";
import type { Log } from "./log.ts";
import { type Machine, newMachine, reportOf } from "./machine.ts";
import { messageOf, Refusal } from "./refusal.ts";
import type { Reporter } from "./report.ts";
import { type PrepareRequest, parseDomainRequest, parsePrepare } from "./requests.ts";

/** What an agent works with. */
export interface AgentParts {
  readonly configuration: ResolvedNodeConfiguration;
  readonly acceleration: NodeReport["acceleration"];
  readonly cache: ImageCache;
  readonly folders: InstanceFolders;
  readonly reporter: Reporter;
  /** The address of this node's startd. */
  readonly startd: string;
  readonly log: Log;
}

/** The machines of this node, and what the hooks ask of them. */
export class Agent {
  readonly parts: AgentParts;
  /** By GlobalJobId. */
  readonly machines = new Map<string, Machine>();
  /** Told when something changed that the watcher should look at soon. */
  onChange: () => void = () => {};

  constructor(parts: AgentParts) {
    this.parts = parts;
  }

  /** Takes over what an earlier agent left in the instance folders. */
  async open(): Promise<void> {
    for (const record of await this.parts.folders.open()) {
      const machine = newMachine(record.globalJobId, "prepared");
      machine.record = record;
      machine.macAddress = record.spec.macAddress;
      this.machines.set(record.globalJobId, machine);
    }
  }

  /** Answers a request from the socket. */
  async handle(request: Request): Promise<{ readonly xml?: string }> {
    switch (request.request) {
      case "ping":
        return {};
      case "prepare":
        await this.#prepareOnce(parsePrepare(request.ad));
        return {};
      case "domain":
        return { xml: this.#domain(request.ad) };
    }
  }

  /** Says in the pool what a machine does. */
  report(machine: Machine): void {
    this.parts.reporter.machine(reportOf(machine));
  }

  /** Forgets a machine, its folder and its report. */
  async remove(machine: Machine): Promise<void> {
    this.machines.delete(machine.globalJobId);
    this.parts.reporter.withdraw(machine.globalJobId);
    await this.parts.folders.remove(machine.globalJobId);
  }

  /** A hook that was killed and came again joins the work that goes on. */
  async #prepareOnce(request: PrepareRequest): Promise<void> {
    const present = this.machines.get(request.globalJobId);
    if (present?.record !== undefined && present.record.user !== request.user) {
      throw new Refusal(`The machine of job ${request.globalJobId} belongs to somebody else.`);
    }
    if (present?.preparing !== undefined) return present.preparing;
    if (present?.domainName !== undefined) await this.#endOldDomain(present.domainName, request);
    const machine = newMachine(request.globalJobId, "preparing");
    machine.macAddress = request.spec.macAddress;
    this.machines.set(request.globalJobId, machine);
    machine.preparing = this.#prepare(machine, request);
    return machine.preparing;
  }

  async #prepare(machine: Machine, request: PrepareRequest): Promise<void> {
    const started = performance.now();
    const { cache, folders, log } = this.parts;
    try {
      const network = this.#networkOf(request.spec);
      this.report(machine);
      const image = await cache.get(ImageReferenceText.parse(request.spec.image), (percent) => {
        machine.message = `copying the image into the node's cache: ${percent} %`;
        this.report(machine);
      });
      // A network that cannot be asked now has no lease that could deceive later.
      const addresses = await addressesOn(network).catch(() => undefined);
      const leaseBefore = addresses?.get(request.spec.macAddress)?.lease;
      machine.record = await folders.create(request.globalJobId, request.user, request.spec, image, leaseBefore);
      machine.message = undefined;
      machine.state = "prepared";
      machine.jobSeenAt = performance.now();
      this.report(machine);
      log(`prepared ${request.globalJobId} in ${Math.round(performance.now() - started)} ms`);
    } catch (error) {
      log(`did not prepare ${request.globalJobId}: ${messageOf(error)}`);
      await this.remove(machine);
      throw error;
    } finally {
      machine.preparing = undefined;
      this.onChange();
    }
  }

  #networkOf(spec: InstanceSpec): NodeNetwork {
    const { networks } = this.parts.configuration;
    const network = networks[spec.network];
    if (network !== undefined) return network;
    const offered = Object.keys(networks).sort().join(", ");
    throw new Refusal(`This node has no network ${spec.network}. It offers: ${offered}.`);
  }

  /** The starter of an earlier run died and left its domain behind; libvirt refuses a second one of the same name. */
  async #endOldDomain(domainName: string, request: PrepareRequest): Promise<void> {
    this.parts.log(`ends domain ${domainName}: its job ${request.globalJobId} starts anew`);
    try {
      await destroyDomain(domainName);
    } catch (error) {
      throw new Refusal(`An earlier run of this machine could not be ended here: ${messageOf(error)}.`, {
        retry: true,
        cause: error,
      });
    }
  }

  #domain(ad: string): string {
    const { globalJobId, user, domainName } = parseDomainRequest(ad);
    const record = this.machines.get(globalJobId)?.record;
    if (record === undefined) throw new Refusal(`Job ${globalJobId} was not prepared on this node.`);
    if (record.user !== user) throw new Refusal(`The machine of job ${globalJobId} belongs to somebody else.`);
    const { configuration, acceleration, cache, folders } = this.parts;
    return domainXml({
      name: domainName,
      globalJobId,
      acceleration,
      architecture: record.image.architecture,
      emulatorFolder: configuration.emulatorFolder,
      memoryMiB: record.spec.size.memoryMiB,
      vcpus: record.spec.size.vcpus,
      diskPath: folders.diskPath(globalJobId),
      image: { path: cache.pathOf(record.image.digest), format: record.image.format },
      consolePath: folders.consolePath(globalJobId),
      network: this.#networkOf(record.spec),
      macAddress: record.spec.macAddress,
      vncListen: configuration.vncListen,
    });
  }
}
