import type * as pulumi from "@pulumi/pulumi";
import type { InstanceSpec } from "../contract/instance-spec.ts";
import type { MachineSize } from "../contract/profiles.ts";

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

/** What a machine is made of, one of its own or each of a fleet. */
export interface MachineArgs {
  /** A {@link CondorImage}'s `reference`, or the name of an image that is in the store. A change replaces the machine. */
  image: pulumi.Input<string>;
  /**
   * The machine's size: the name of a profile, or memory in MiB, virtual processors and, where it shall be larger than
   * the image's own, the disk in GiB. `small` is 512 MiB and 1 processor, `medium` 1024 and 2, `large` 2048 and 4; the
   * configuration `condor:profiles` adds to these or overrides them. Default: `small`. A change replaces the machine.
   */
  profile?: pulumi.Input<string | MachineSize>;
  /**
   * The network that the machine is plugged into, by the name that the execute nodes' administrator gave it: it only runs
   * on nodes that have it. Default: `default`. A change replaces the machine.
   */
  network?: pulumi.Input<string>;
  /**
   * A fixed IPv4 address of the address pool (configuration `condor:addresses`): `"auto"` takes a free one, an address takes
   * that one. The machine gets the MAC address that belongs to it, and HTCondor never runs two machines with it at once.
   * Default: whatever the network gives. A change replaces the machine.
   */
  address?: pulumi.Input<string>;
  /**
   * Network cards beside the main one, by names of your choice, at most seven. The guest sees the main one first, then
   * these in the order of their names; where nothing else is said, it uses DHCP on each, and routes by the main one.
   * Default: none. A change replaces the machine.
   */
  interfaces?: pulumi.Input<Record<string, pulumi.Input<NetworkInterfaceArgs>>>;
  /**
   * cloud-init's user data: text that begins as cloud-init's formats do (`#cloud-config`, `#!/bin/sh`, …), or an object that
   * becomes a `#cloud-config`. With all that the guest is told it may take 64 KiB, compressed. Whoever may read the pool's
   * queue can read it: a secret is one in Pulumi's state only. A change replaces the machine, unless `onUserDataChange`
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
   * `poweroff` does not ask, `pause` freezes it. Default: the machine has no watchdog. A change replaces the machine.
   */
  watchdog?: pulumi.Input<WatchdogAction>;
  /**
   * Whether a removal waits for the guest to power itself off, which it is asked to by ACPI: until HTCondor next looks at
   * the machine, which it does every 30 s, and never longer than the node's administrator allows. `false` gives it 3 s.
   * Changes in place; a machine that runs already goes by it half a minute later. Default: `false`.
   */
  gracefulStop?: pulumi.Input<boolean>;
  /**
   * What an execute node must be: an expression in HTCondor's ClassAd language about a slot, such as
   * `TARGET.Machine == "node7.example.org"` or `HasGpu =?= true`, in addition to all that the machine asks for itself.
   * HTCondor parses it in the preview. Default: none. A change replaces the machine.
   */
  requirements?: pulumi.Input<string>;
  /**
   * Which node is to be preferred: an expression about a slot whose value is a number, the greater the better (differences
   * below a thousandth do not count). It is a preference, among the nodes that have room when HTCondor looks. Changes in
   * place, and counts when the machine next starts. Default: none.
   */
  rank?: pulumi.Input<string>;
  /**
   * Whether nodes with fewer machines (`hosts`) or with more (`pack`) are to be preferred; `rank` counts before it. A
   * preference; docs/placement.md says what it comes to. Changes in place. Default: neither.
   */
  spread?: pulumi.Input<"hosts" | "pack">;
  /**
   * The accounting group on whose share of the pool the machine counts, such as `group_physics.ci`. Default: none, so it
   * counts on that of who submits it. A change replaces the machine.
   */
  accountingGroup?: pulumi.Input<string>;
  /**
   * Which of the account's own machines start first where not all can: those with the greater number. From -1,000,000 to
   * 1,000,000. Changes in place. Default: 0.
   */
  priority?: pulumi.Input<number>;
  /**
   * What becomes of a machine that ran and lost its node (which died, or was drained): `requeue`, it starts afresh elsewhere;
   * `fail`, HTCondor removes it within about a minute and starts it nowhere, and the next `pulumi up` after a refresh makes
   * a new one. Changes in place. Default: `requeue`.
   */
  onEviction?: pulumi.Input<"requeue" | "fail">;
  /**
   * How long the machine lives, such as `"4h"` or `"90m"`, at least a minute: HTCondor removes it then, also when no
   * runner and no workstation is alive. It counts from the end of the creation; `pulumi up` renews it once less than half
   * is left, `condor-cloud instance renew` at any time. Changes in place. Default: it stays until somebody removes it.
   */
  lease?: pulumi.Input<string>;
  /** What creation and update wait for. Changes in place. Default: `address`. */
  waitFor?: pulumi.Input<WaitForArgs>;
}
