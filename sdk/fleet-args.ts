import type * as pulumi from "@pulumi/pulumi";
import type { MachineArgs, WaitFor, WaitForArgs } from "./machine-args.ts";

/** How a changed template comes to the members that there are. */
export interface UpdateStrategy {
  /** So many members may be missing or not ready at a time because of it. */
  maxUnavailable: number;
  /** So many members more than `count` may live meanwhile. */
  maxSurge: number;
  /** What a new member must be before the next is taken; undefined: what the fleet's `waitFor` says. */
  waitFor?: WaitFor;
}

/** {@link UpdateStrategy} as an argument. */
export interface UpdateStrategyArgs {
  /** So many members may be missing or not ready at a time because of a changed template. Default: 1. */
  maxUnavailable?: pulumi.Input<number>;
  /** So many members more than `count` may live meanwhile: the pool must have room for them. Default: 0. */
  maxSurge?: pulumi.Input<number>;
  /** What a new member must be before the next is taken. Default: what the fleet's `waitFor` says. */
  waitFor?: pulumi.Input<WaitForArgs>;
}

/** What one member has otherwise than its fleet's template says. */
export interface MemberOverrideArgs extends Partial<MachineArgs> {
  /**
   * The member's unicast MAC address in lower case. Default: derived from the fleet's URN and the member's name, so that
   * it survives a replacement. A change replaces the member.
   */
  macAddress?: pulumi.Input<string>;
}

/**
 * What a {@link CondorFleet} is made of: the arguments of one machine, which are the template of all its members, and
 * what is about the fleet. Where an argument of the template says that a change replaces the machine, the fleet rolls:
 * `updateStrategy` says how many members are replaced at a time.
 */
export interface CondorFleetArgs extends MachineArgs {
  /** How many members there are to be, at most 10,000. A change makes or removes members in place. */
  count: pulumi.Input<number>;
  /**
   * What the members' names begin with, a DNS label of at most 57 characters: `web` names them `web-0`, `web-1`, ….
   * Default: the resource's name. A change replaces the whole fleet.
   */
  namePrefix?: pulumi.Input<string>;
  /**
   * By a member's name, what it has otherwise than the template says, such as
   * `{ "web-0": { profile: "large", address: "192.168.1.7" } }`. A member that there is not yet may be named, too. A
   * change replaces the members that it is about, or changes them in place, as it would an instance. Default: none.
   */
  overrides?: pulumi.Input<Record<string, pulumi.Input<MemberOverrideArgs>>>;
  /** How a changed template comes to the members that there are. Default: one after the other. */
  updateStrategy?: pulumi.Input<UpdateStrategyArgs>;
  /**
   * So many members must be ready for an operation to succeed, at most `count`; the others may go on queueing, and are
   * waited for as long as `maxQueueSeconds` says. Default: all of them must be.
   */
  minReady?: pulumi.Input<number>;
  /** How long members beyond `minReady` are waited for while they queue, in seconds. Changes in place. Default: 30. */
  maxQueueSeconds?: pulumi.Input<number>;
  /**
   * The names of the members that go first when `count` becomes less. Without it those that do not run go first, then the
   * newest. Default: none.
   */
  removeFirst?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How long to wait for members to be what `waitFor` says, in seconds; a roll has it for each batch of members. Pulumi's
   * `customTimeouts` win over it. Default: 600.
   */
  timeoutSeconds?: pulumi.Input<number>;
}
