import * as pulumi from "@pulumi/pulumi";
import type { InstanceSpec } from "../contract/instance-spec.ts";
import type { MachineSize } from "../contract/profiles.ts";
import { hostInputs } from "./host-inputs.ts";

const TYPE = "pulumi-nodejs:dynamic/condor:Instance";

/** The text that Pulumi keeps in the state to find the provider's code again; it must work for ever. */
const PROVIDER = 'exports.handler = () => require("pulumi-condor/dynamic").instance;';

/**
 * What no state holds in plain text, whether or not a program marks it as secret: the console's password, the key that
 * opens it, and what the guest was told. That may have been a secret when the guest was told, and be none in the program
 * now; where the change is ignored, Pulumi goes by the program's mark alone.
 */
const SECRET_OUTPUTS = ["vncPassword", "consoleKey", "userData", "sshAuthorizedKeys", "metaData", "networkConfig"];

/** What happens when a guest no longer feeds its watchdog. */
export type WatchdogAction = NonNullable<InstanceSpec["watchdog"]>;

/**
 * What creation and update wait for: `submitted`, that the machine is in the queue; `running`, that its domain runs;
 * `address`, that its address is known; `guest-agent`, that its QEMU guest agent answers; `cloud-init`, that its cloud-init
 * is done, which fails with cloud-init's own errors where it failed; `tcpPort`, that this port of its guest accepts a
 * connection from where Pulumi runs.
 */
export type WaitFor = "submitted" | "running" | "address" | "guest-agent" | "cloud-init" | { tcpPort: number };

/** {@link WaitFor} as an argument. */
export type WaitForArgs = Exclude<WaitFor, { tcpPort: number }> | { tcpPort: pulumi.Input<number> };

/** A network card beside the main one. */
export interface NetworkInterface {
  /** The network's name, as the execute nodes' administrator gave it. Default: `default`. */
  network?: string;
  /** A unicast MAC address in lower case. Default: that of the fixed address, else derived from the resource's URN. */
  macAddress?: string;
  /** A fixed address: `"auto"` takes a free one of the address pool. Default: whatever the network gives. */
  address?: string;
}

/** {@link NetworkInterface} as an argument. */
export interface NetworkInterfaceArgs {
  network?: pulumi.Input<string>;
  macAddress?: pulumi.Input<string>;
  address?: pulumi.Input<string>;
}

/** An object that becomes a document of YAML, such as a `#cloud-config`. */
export type Document = Record<string, unknown>;

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
  /**
   * The network that the machine is plugged into, by the name that the execute nodes' administrator gave it: it only runs
   * on nodes that have it. Default: `default`. A change replaces the instance.
   */
  network?: pulumi.Input<string>;
  /**
   * A fixed IPv4 address of the address pool (configuration `condor:addresses`): `"auto"` takes a free one, an address takes
   * that one. The machine gets the MAC address that belongs to it, and HTCondor never runs two machines with it at once.
   * Default: whatever the network gives. A change replaces the instance.
   */
  address?: pulumi.Input<string>;
  /**
   * Network cards beside the main one, by names of your choice, at most seven. The guest sees the main one first, then
   * these in the order of their names; where nothing else is said, it uses DHCP on each, and routes by the main one.
   * Default: none. A change replaces the instance.
   */
  interfaces?: pulumi.Input<Record<string, pulumi.Input<NetworkInterfaceArgs>>>;
  /**
   * cloud-init's user data: text that begins as cloud-init's formats do (`#cloud-config`, `#!/bin/sh`, …), or an object that
   * becomes a `#cloud-config`. With all that the guest is told it may take 64 KiB, compressed. Whoever may read the pool's
   * queue can read it: a secret is one in Pulumi's state only. A change replaces the instance, unless `onUserDataChange`
   * says otherwise. It is checked in the preview, a `#cloud-config` for being a mapping in YAML. Default: none.
   */
  userData?: pulumi.Input<string | Document>;
  /**
   * OpenSSH public keys, one an entry and without options, of whoever may log in as the image's default user. A change is
   * one of `userData`. Default: none.
   */
  sshAuthorizedKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /** The guest's host name, a DNS name of at most 253 characters. A change is one of `userData`. Default: the machine's name. */
  hostname?: pulumi.Input<string>;
  /**
   * More of what NoCloud's `meta-data` says: not `instance-id`, which is the node's. A change is one of `userData`.
   * Default: none.
   */
  metaData?: pulumi.Input<Document>;
  /**
   * cloud-init's network configuration of version 1 or 2, as YAML text or as an object. A change is one of `userData`.
   * Default: none where the machine has one interface (cloud-init uses DHCP then), DHCP on each where it has several.
   */
  networkConfig?: pulumi.Input<string | Document>;
  /**
   * What a change of what the guest is told does: `replace` makes a new machine, because a guest reads it only when it first
   * boots; `ignore` keeps the machine, and what it was told, until something else replaces it. Default: `replace`.
   */
  onUserDataChange?: pulumi.Input<"replace" | "ignore">;
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
  /** The preferred address of the guest's main interface; empty while it has none. */
  declare readonly ipAddress: pulumi.Output<string>;
  /** All addresses of the guest by interface (`main`, and those of `interfaces`), the preferred ones first. */
  declare readonly addresses: pulumi.Output<Record<string, string[]>>;
  /** The MAC address of the main interface. */
  declare readonly macAddress: pulumi.Output<string>;
  /** The MAC addresses by interface. */
  declare readonly macAddresses: pulumi.Output<Record<string, string>>;
  /** The network of the main interface. */
  declare readonly network: pulumi.Output<string>;
  /** The fixed address of the main interface as it was asked for, such as `auto`; undefined where it has none. */
  declare readonly address: pulumi.Output<string | undefined>;
  /** The interfaces beside the main one as they were asked for; undefined where there are none. */
  declare readonly interfaces: pulumi.Output<Record<string, NetworkInterface> | undefined>;
  /** The guest's user data, a secret; undefined where it has none. */
  declare readonly userData: pulumi.Output<string | Document | undefined>;
  /** The public keys of whoever may log in, a secret; undefined where none was given. */
  declare readonly sshAuthorizedKeys: pulumi.Output<string[] | undefined>;
  /** The guest's host name as it was asked for; undefined: the machine's name. */
  declare readonly hostname: pulumi.Output<string | undefined>;
  /** More of the guest's meta-data, a secret; undefined where none was given. */
  declare readonly metaData: pulumi.Output<Document | undefined>;
  /** The guest's network configuration, a secret; undefined where none was given. */
  declare readonly networkConfig: pulumi.Output<string | Document | undefined>;
  /** What a change of what the guest is told does. */
  declare readonly onUserDataChange: pulumi.Output<"replace" | "ignore">;
  /** Where the VNC console listens: `host:port`; empty while there is none. */
  declare readonly vncAddress: pulumi.Output<string>;
  /**
   * What the VNC console asks for, a secret; empty where it asks for nothing because only the node itself reaches it, and
   * for a machine that was taken over from somebody else.
   */
  declare readonly vncPassword: pulumi.Output<string>;
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
        vncPassword: undefined,
        consoleKey: undefined,
        addresses: undefined,
        macAddresses: undefined,
        network: undefined,
        address: undefined,
        interfaces: undefined,
        userData: undefined,
        sshAuthorizedKeys: undefined,
        hostname: undefined,
        metaData: undefined,
        networkConfig: undefined,
        onUserDataChange: undefined,
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
      pulumi.mergeOptions(opts, { additionalSecretOutputs: SECRET_OUTPUTS }),
    );
  }
}
