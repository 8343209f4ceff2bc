import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { InstanceSpec } from "../../contract/instance-spec.ts";
import type { NodeReport } from "../../contract/node-report.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import { domainXml } from "../domain/domain-xml.ts";
import type { Reply, Request } from "../protocol.ts";
import { addressesOf } from "./addresses.ts";
import type { ImageCache } from "./cache.ts";
import { type Capabilities, type GuestKinds, requireGuestKind } from "./capabilities.ts";
import type { ConsoleCopies } from "./console-copy.ts";
import type { RunningConsole } from "./consoles.ts";
import type { Failures } from "./failures.ts";
import { refuseForeignMac } from "./foreign-mac.ts";
import type { InstanceFolders, MachineRecord } from "./instance-folders.ts";
import { endDomainsOf, endLeftover } from "./leftovers.ts";
import type { Log } from "./log.ts";
import { type Machine, newMachine, reportOf } from "./machine.ts";
import { leasesBefore, type NodeInterface, nodeInterfaces } from "./node-interfaces.ts";
import { diskSizeBytes, requireReserved } from "./overlay.ts";
import { startersBySlot } from "./processes.ts";
import { messageOf, Refusal } from "./refusal.ts";
import type { Reporter } from "./report.ts";
import { type PrepareRequest, parseDomainRequest, parsePrepare } from "./requests.ts";
import { type NodeReservation, Reservations, reservationsOf } from "./reservations.ts";
import { sharing } from "./sharing.ts";
import { jobsInSlots, type SlotJob } from "./startd.ts";
import { nodeStatus } from "./status.ts";
import type { Trouble } from "./trouble.ts";
import { newVncSecret } from "./vnc-password.ts";
import { type Run, runOf } from "./witness.ts";

/** What an agent works with. */
export interface AgentParts {
  readonly configuration: ResolvedNodeConfiguration;
  readonly acceleration: NodeReport["acceleration"];
  readonly capabilities: Capabilities;
  readonly cache: ImageCache;
  readonly folders: InstanceFolders;
  readonly reporter: Reporter;
  /** What failed here of late. */
  readonly failures: Failures;
  /** Why the node takes no machine, or last took none. */
  readonly trouble: Trouble;
  /** The address of this node's startd. */
  readonly startd: string;
  /** Absent where no owner can read a console. */
  readonly copies: ConsoleCopies | undefined;
  readonly log: Log;
}

/** The machines of this node, and what the hooks ask of them. */
export class Agent {
  readonly parts: AgentParts;
  /** By GlobalJobId. */
  readonly machines = new Map<string, Machine>();
  /** Machines of an earlier run that are being ended: theirs is the image until then. */
  readonly #replaced = new Set<Machine>();
  /** One command however many requests come at once: whoever has the hook's account may send them without end. */
  readonly #askJobs = sharing(() => jobsInSlots(this.parts.startd));
  #writing: Promise<void> = Promise.resolve();
  /** Told when something changed that the watcher should look at soon. */
  onChange: () => void = () => {};
  /** What the DHCP servers of this node's networks keep for its machines. */
  readonly reservations: Reservations;

  constructor(parts: AgentParts) {
    this.parts = parts;
    const { networks } = parts.configuration;
    this.reservations = new Reservations(networks, () => this.#reservations(), parts.log);
  }

  /** Takes over what an earlier agent left in the instance folders. */
  async open(): Promise<void> {
    for (const record of await this.parts.folders.open()) {
      const machine = newMachine(record.globalJobId, "prepared");
      machine.record = record;
      machine.macAddress = record.spec.macAddress;
      machine.runStartedAt = record.runStartedAt;
      this.machines.set(record.globalJobId, machine);
    }
    await this.reservations.tidy();
    // A network that was started anew has forgotten them.
    for (const reservation of this.#reservations() ?? []) {
      await this.reservations.make([reservation]).catch((error: unknown) => this.parts.log(messageOf(error)));
    }
  }

  /** What all machines need; undefined while a record cannot be read, which may name any. */
  #reservations(): NodeReservation[] | undefined {
    if (this.parts.folders.unreadable.size > 0) return undefined;
    const { networks } = this.parts.configuration;
    return [...this.machines.values()].flatMap(({ record, asked }) => {
      const spec = (record ?? asked)?.spec;
      return spec === undefined ? [] : reservationsOf(spec, networks);
    });
  }

  /** Whether a machine's disk may back onto this image. A record that cannot be read may name any. */
  usesImage(digest: string): boolean {
    const machines = [...this.machines.values(), ...this.#replaced];
    return this.parts.folders.unreadable.size > 0 || machines.some(({ record }) => record?.image.digest === digest);
  }

  /** The consoles of the machines that run. */
  runningConsoles(): RunningConsole[] {
    return [...this.machines.values()].flatMap(({ globalJobId, record, domainName }) => {
      if (record === undefined || domainName === undefined) return [];
      return { folder: this.parts.folders.pathOf(globalJobId), copy: record.consoleCopy };
    });
  }

  /** Answers a request from the socket. */
  async handle(request: Request): Promise<Reply> {
    switch (request.request) {
      case "ping":
        return {};
      case "prepare":
        await this.#prepareOnce(parsePrepare(request.ad), request.scratch);
        return {};
      case "domain":
        return { xml: await this.#domain(request.ad) };
      case "status":
        return { status: await nodeStatus(this) };
    }
  }

  /** Says in the pool what a machine does. */
  report(machine: Machine): void {
    this.parts.reporter.machine(reportOf(machine));
  }

  /** Adds to what is remembered of a machine. Several may at once, so one writes after the other. */
  async amend(machine: Machine, facts: Partial<MachineRecord>): Promise<void> {
    const write = async () => {
      if (machine.record === undefined || this.machines.get(machine.globalJobId) !== machine) return;
      machine.record = { ...machine.record, ...facts };
      await this.parts.folders.write(machine.record);
    };
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => {});
    await written;
  }

  /** Says and remembers a machine's addresses, from all that was heard of it. */
  async settle(machine: Machine): Promise<void> {
    if (machine.record === undefined || machine.domainName === undefined) return;
    const addresses = addressesOf(machine, machine.record);
    const isNew = JSON.stringify(addresses) !== JSON.stringify(machine.record.addresses ?? {});
    machine.addresses = addresses;
    if (isNew) await this.amend(machine, { addresses });
    this.report(machine);
  }

  /** Forgets a machine, its folder and its report. */
  async remove(machine: Machine): Promise<void> {
    this.machines.delete(machine.globalJobId);
    this.parts.reporter.withdraw(machine.globalJobId);
    await this.parts.folders.remove(machine.globalJobId);
    await this.parts.cache.machineEnded();
    const spec = (machine.record ?? machine.asked)?.spec;
    if (spec !== undefined && reservationsOf(spec, this.parts.configuration.networks).length > 0) {
      await this.reservations.tidy();
    }
  }

  /** A hook that was killed and came again joins the work that goes on, or finds it done. */
  async #prepareOnce(request: PrepareRequest, scratch: string | undefined): Promise<void> {
    const run = runOf(await this.#jobsInSlots(), request);
    const present = this.machines.get(request.globalJobId);
    const owned = present?.record ?? present?.asked;
    if (owned !== undefined && owned.user !== request.user) {
      throw new Refusal(`The machine of job ${request.globalJobId} belongs to somebody else here.`, { retry: true });
    }
    if (present?.preparing !== undefined) {
      beginRun(present, run);
      return present.preparing;
    }
    if (present?.record !== undefined && present.runStartedAt === run.startedAt) return;
    const machine = newMachine(request.globalJobId, "preparing");
    machine.asked = { user: request.user, spec: request.spec };
    machine.macAddress = request.spec.macAddress;
    machine.scratch = scratch;
    beginRun(machine, run);
    this.machines.set(request.globalJobId, machine);
    machine.preparing = this.#replace(present, machine, request);
    return machine.preparing;
  }

  async #jobsInSlots(): Promise<readonly SlotJob[] | undefined> {
    return this.#askJobs().catch((cause: unknown) => {
      throw new Refusal(`This node's startd does not say what it runs: ${messageOf(cause)}.`, { retry: true, cause });
    });
  }

  /** Makes a machine in place of the one of an earlier run, whose starter may have died and left the domain behind. */
  async #replace(earlier: Machine | undefined, machine: Machine, request: PrepareRequest): Promise<void> {
    if (earlier !== undefined) {
      this.#replaced.add(earlier);
      try {
        await endDomainsOf(request.globalJobId, this.parts.log);
      } catch (error) {
        this.machines.set(request.globalJobId, earlier);
        throw new Refusal(`An earlier run of this machine could not be ended here: ${messageOf(error)}.`, {
          retry: true,
          cause: error,
        });
      } finally {
        this.#replaced.delete(earlier);
      }
    }
    return this.#prepare(machine, request);
  }

  async #prepare(machine: Machine, request: PrepareRequest): Promise<void> {
    const started = performance.now();
    const { cache, folders, log } = this.parts;
    try {
      const interfaces = this.#interfacesOf(request.spec);
      refuseForeignMac(
        [...this.machines.values()].flatMap(({ record, asked }) => record ?? asked ?? []),
        request,
      );
      this.report(machine);
      const reference = ImageReferenceText.parse(request.spec.image);
      const progress = (percent: number) => {
        machine.message = `copying the image into the node's cache: ${percent} %`;
        this.report(machine);
      };
      // The record must exist before the image is let go: from then on it says that the image is in use.
      await cache.use(reference, progress, async (image) => {
        const demands = { ...image, name: reference.name };
        requireReserved(diskSizeBytes(request.spec, image), request.reservedDiskKiB);
        requireGuestKind(await this.#guestKinds(), demands);
        await this.reservations.make(reservationsOf(request.spec, this.parts.configuration.networks));
        machine.record = await folders.create({
          globalJobId: request.globalJobId,
          user: request.user,
          spec: request.spec,
          image,
          seed: request.seed,
          leaseBefore: leasesBefore(interfaces),
          runStartedAt: machine.runStartedAt,
          consoleCopy: this.parts.copies?.pathFor(request.globalJobId, machine.scratch, machine.starter?.pid),
          ...newVncSecret(this.parts.configuration.vncListen, machine.sealKey, request.globalJobId),
        });
      });
      machine.message = undefined;
      machine.state = "prepared";
      machine.jobSeenAt = performance.now();
      this.report(machine);
      log(`prepared ${request.globalJobId} in ${Math.round(performance.now() - started)} ms`);
    } catch (error) {
      log(`did not prepare ${request.globalJobId}: ${messageOf(error)}`);
      // Who is at fault reads it in the hold reason; what another node may do better is told in the pool alone.
      if (!(error instanceof Refusal) || error.retry) this.parts.failures.add(request.globalJobId, messageOf(error));
      await this.remove(machine).catch((failed: unknown) => {
        log(`the folder of ${request.globalJobId} stays for now: ${messageOf(failed)}`);
      });
      throw error;
    } finally {
      machine.preparing = undefined;
      this.onChange();
    }
  }

  async #guestKinds(): Promise<GuestKinds> {
    return this.parts.capabilities.guestKinds().catch((cause: unknown) => {
      throw new Refusal(`This node's libvirt does not say what it can run: ${messageOf(cause)}.`, {
        retry: true,
        cause,
      });
    });
  }

  #interfacesOf(spec: InstanceSpec): NodeInterface[] {
    return nodeInterfaces(spec, this.parts.configuration.networks);
  }

  async #domain(ad: string): Promise<string> {
    const { globalJobId, user, domainName } = parseDomainRequest(ad);
    const machine = this.machines.get(globalJobId);
    const record = machine?.record;
    if (machine === undefined || record === undefined) {
      throw new Refusal(`Job ${globalJobId} was not prepared on this node.`);
    }
    if (record.user !== user) throw new Refusal(`The machine of job ${globalJobId} belongs to somebody else.`);
    try {
      return await this.#domainOf(machine, record, domainName);
    } catch (error) {
      this.parts.failures.add(globalJobId, `This node refused the domain: ${messageOf(error)}`);
      throw error;
    }
  }

  async #domainOf(machine: Machine, record: MachineRecord, domainName: string): Promise<string> {
    const { globalJobId } = machine;
    const { configuration, acceleration, cache, folders } = this.parts;
    if (!cache.holds(record.image.digest)) {
      throw new Refusal(`Image ${record.spec.image} has left this node's cache.`, { retry: true });
    }
    await endLeftover(domainName, machine, () => this.#jobsInSlots(), this.parts.log);
    machine.domainGiven = true;
    return domainXml({
      name: domainName,
      globalJobId,
      acceleration,
      architecture: record.image.architecture,
      machineType: record.image.machineType,
      firmware: record.image.firmware,
      nvramPath: folders.nvramPath(globalJobId),
      emulatorFolder: configuration.emulatorFolder,
      memoryMiB: record.spec.size.memoryMiB,
      vcpus: record.spec.size.vcpus,
      diskPath: folders.diskPath(globalJobId),
      image: { path: cache.pathOf(record.image.digest), format: record.image.format },
      seedDiskPath: record.seedDisk && folders.seedDiskPath(globalJobId),
      consolePath: folders.consolePath(globalJobId),
      interfaces: this.#interfacesOf(record.spec),
      watchdog: record.spec.watchdog,
      vncListen: configuration.vncListen,
      vncPassword: record.vncPassword,
    });
  }
}

/** Notes for which run a machine is made ready, and whose end will be the domain's. */
function beginRun(machine: Machine, run: Run): void {
  machine.runStartedAt = run.startedAt;
  machine.sealKey = run.sealKey;
  machine.starter = startersBySlot().get(run.slot);
  machine.starterGone = false;
}
