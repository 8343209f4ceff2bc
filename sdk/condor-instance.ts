import * as pulumi from "@pulumi/pulumi";
import type { InstanceSpec } from "../contract/instance-spec.ts";
import type { MachineSize } from "../contract/profiles.ts";
import { hostInputs } from "./host-inputs.ts";

const TYPE = "pulumi-nodejs:dynamic/condor:Instance";

/** The text that Pulumi keeps in the state to find the provider's code again; it must work for ever. */
const PROVIDER = 'exports.handler = () => require("pulumi-condor/dynamic").instance;';

/** What happens when a guest no longer feeds its watchdog. */
export type WatchdogAction = NonNullable<InstanceSpec["watchdog"]>;

/**
 * What creation and update wait for: `submitted`, that the machine is in the queue; `running`, that its domain runs;
 * `address`, that its address is known; `tcpPort`, that this port of its guest accepts a connection from where Pulumi
 * runs.
 */
export type WaitFor = "submitted" | "running" | "address" | { tcpPort: number };

/** {@link WaitFor} as an argument. */
export type WaitForArgs = "submitted" | "running" | "address" | { tcpPort: pulumi.Input<number> };

/** What a {@link CondorInstance} is made of. */
export interface CondorInstanceArgs {
  /** A {@link CondorImage}'s `reference`, or the name of an image that is in the store. A change replaces the instance. */
  image: pulumi.Input<string>;
  /**
   * The machine's name and its guest's host name, a DNS label. Default: the resource's name. A change replaces the
   * instance.
   */
  name?: pulumi.Input<string>;
  /**
   * The machine's size: the name of a profile, or memory in MiB, virtual processors and, where it shall be larger than
   * the image's own, the disk in GiB. `small` is 512 MiB and 1 processor, `medium` 1024 and 2, `large` 2048 and 4; the
   * configuration `condor:profiles` adds to these or overrides them. Default: `small`. A change replaces the instance.
   */
  profile?: pulumi.Input<string | MachineSize>;
  /**
   * A unicast MAC address in lower case. Default: derived from the resource's URN, so that it survives a replacement.
   * A change replaces the instance.
   */
  macAddress?: pulumi.Input<string>;
  /** Free text by key, for people and programs; at most 16 KiB together. Changes in place. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * What happens when the guest no longer feeds its watchdog, an `i6300esb` (`/dev/watchdog`), which counts once
   * something in the guest has opened it: `reset` starts the guest anew, `shutdown` asks it to power itself off,
   * `poweroff` does not ask, `pause` freezes it. Default: the machine has no watchdog. A change replaces the instance.
   */
  watchdog?: pulumi.Input<WatchdogAction>;
  /**
   * Whether a removal waits for the guest to power itself off, which it is asked to by ACPI: until HTCondor next looks at
   * the machine, which it does every 30 s, and never longer than the node's administrator allows. `false` gives it 3 s.
   * Changes in place; a machine that runs already goes by it half a minute later. Default: `false`.
   */
  gracefulStop?: pulumi.Input<boolean>;
  /**
   * How long to wait for the machine to run and have its address, in seconds. Pulumi's `customTimeouts` win over it.
   * Default: 600.
   */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * How long the machine lives, such as `"4h"` or `"90m"`, at least a minute: HTCondor removes it then, also when no
   * runner and no workstation is alive. It counts from the end of the creation; `pulumi up` renews it once less than half
   * is left, `condor-cloud instance renew` at any time. Changes in place. Default: it stays until somebody removes it.
   */
  lease?: pulumi.Input<string>;
  /** What creation and update wait for. Changes in place. Default: `address`. */
  waitFor?: pulumi.Input<WaitForArgs>;
  /**
   * How long the machine may queue until creation and update go on without it, in seconds: it stays queued, `ready` is
   * false, and the next `pulumi up` goes on waiting. Changes in place. Default: they wait for `timeoutSeconds`, and fail.
   */
  maxQueueSeconds?: pulumi.Input<number>;
  /**
   * The GlobalJobId of a living machine that the resource takes over instead of making one: what `pulumi import` would
   * do, which dynamic resources cannot have. It must be what the other arguments say. Counts when the resource is created
   * and never again. Default: none.
   */
  adopt?: pulumi.Input<string>;
}

/**
 * A virtual machine in the pool, booted from a fresh overlay of an image on whichever execute node HTCondor picks.
 *
 * Its creation waits until the machine runs and has an address. When that takes too long or is interrupted, the
 * machine is recorded as it is: the next `pulumi up` goes on waiting, `pulumi destroy` removes it.
 *
 * @example
 * ```ts
 * const web = new CondorInstance("web", { image: debian.reference, profile: "medium", labels: { role: "web" } });
 * export const address = web.ipAddress;
 * ```
 */
export class CondorInstance extends pulumi.CustomResource {
  /** The job's number in HTCondor's queue, `cluster.proc`. The resource's `id` is the `GlobalJobId`, which never repeats. */
  declare readonly jobId: pulumi.Output<string>;
  /** What the machine does, such as `running`; as of the last `up` or refresh. */
  declare readonly state: pulumi.Output<string>;
  /** The execute node on which the machine runs; empty while it runs on none. */
  declare readonly host: pulumi.Output<string>;
  /** The guest's address; empty while it has none. */
  declare readonly ipAddress: pulumi.Output<string>;
  /** The guest's MAC address. */
  declare readonly macAddress: pulumi.Output<string>;
  /** Where the VNC console listens: `host:port`; empty while there is none. */
  declare readonly vncAddress: pulumi.Output<string>;
  /** Since when the machine runs: ISO 8601, UTC; empty before. */
  declare readonly startedAt: pulumi.Output<string>;
  /** The reference of the image from which the machine was booted. */
  declare readonly image: pulumi.Output<string>;
  /** The machine's name. */
  declare readonly name: pulumi.Output<string>;
  /** The profile's name, `custom` where only a size was given, and what it stood for. */
  declare readonly profile: pulumi.Output<MachineSize & { name: string }>;
  /** What happens when the guest no longer feeds its watchdog; undefined where the machine has none. */
  declare readonly watchdog: pulumi.Output<WatchdogAction | undefined>;
  /** Whether a removal lets the guest power itself off. */
  declare readonly gracefulStop: pulumi.Output<boolean>;
  /** Free text by key; empty when there is none. */
  declare readonly labels: pulumi.Output<Record<string, string>>;
  /** How long to wait for the machine, in seconds. */
  declare readonly timeoutSeconds: pulumi.Output<number>;
  /** How long the machine lives unless its lease is renewed; undefined where it has none. */
  declare readonly lease: pulumi.Output<string | undefined>;
  /** When HTCondor removes the machine: ISO 8601, UTC, by the access point's clock; empty where it has no lease. */
  declare readonly leaseEndsAt: pulumi.Output<string>;
  /** What creation and update wait for. */
  declare readonly waitFor: pulumi.Output<WaitFor>;
  /** Whether the machine is what `waitFor` asks for; as of the last `up` or refresh. */
  declare readonly ready: pulumi.Output<boolean>;
  /** How often HTCondor has started the machine: more than 1 where its execute node died and another took it over. */
  declare readonly starts: pulumi.Output<number>;
  /** Why the machine does not run: a hold's reason, the execute node's words. Empty while it runs. */
  declare readonly message: pulumi.Output<string>;

  /**
   * Reads a living machine that this stack does not own, such as one of another stack: `pulumi destroy` leaves it alone.
   *
   * @param name - the resource's name, unique among the instances of the program
   * @param id - the machine's GlobalJobId
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): CondorInstance {
    // As an output, because Pulumi takes an empty text for no id at all, and would make a machine.
    return new CondorInstance(name, undefined, { ...opts, id: pulumi.output(id) });
  }

  constructor(name: string, args: CondorInstanceArgs, opts?: pulumi.CustomResourceOptions);
  /** Without arguments, for a machine that `opts.id` names: see {@link CondorInstance.get}. */
  constructor(name: string, args: undefined, opts: pulumi.CustomResourceOptions & { id: pulumi.Input<pulumi.ID> });
  /**
   * @param name - the resource's name, unique among the instances of the program
   * @param args - what the machine is made of
   * @param opts - Pulumi's options; `customTimeouts` bound each operation. Without them creation and update take
   *   `timeoutSeconds` at most, removal 600 s
   */
  constructor(name: string, args: CondorInstanceArgs | undefined, opts: pulumi.CustomResourceOptions = {}) {
    super(
      TYPE,
      name,
      {
        jobId: undefined,
        state: undefined,
        host: undefined,
        ipAddress: undefined,
        macAddress: undefined,
        vncAddress: undefined,
        startedAt: undefined,
        name: undefined,
        profile: undefined,
        labels: undefined,
        watchdog: undefined,
        gracefulStop: undefined,
        timeoutSeconds: undefined,
        lease: undefined,
        leaseEndsAt: undefined,
        waitFor: undefined,
        ready: undefined,
        starts: undefined,
        message: undefined,
        ...args,
        ...hostInputs(TYPE, name, opts),
        __provider: PROVIDER,
      },
      opts,
    );
  }
}
