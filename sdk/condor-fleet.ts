import * as pulumi from "@pulumi/pulumi";
import type { OnEviction, Spread } from "../contract/placement.ts";
import type { MachineSize } from "../contract/profiles.ts";
import type { Member } from "../provider/fleet/outputs.ts";
import { dropFrames } from "./construction.ts";
import type { CondorFleetArgs, MemberOverrideArgs, UpdateStrategy } from "./fleet-args.ts";
import { hostInputs } from "./host-inputs.ts";
import type { Document, NetworkInterface, WaitFor, WatchdogAction } from "./machine-args.ts";
import { GUEST_SECRETS, secretInputs } from "./secret-inputs.ts";

const TYPE = "pulumi-nodejs:dynamic/condor:Fleet";

/** The text that Pulumi keeps in the state to find the provider's code again; it must work for ever. */
const PROVIDER = 'exports.handler = () => require("pulumi-condor/dynamic").fleet;';

/** What the guests are told, and what overrides may hold of the same: no state holds it in plain text. */
const SECRET_INPUTS = ["overrides", ...GUEST_SECRETS] as const;

/** Nor does it hold what opens the consoles. */
const SECRET_OUTPUTS = ["vncPasswords", "consoleKey", ...SECRET_INPUTS];

/** A member of a fleet, as of the last `up` or refresh. */
export type FleetMember = Member;

/**
 * Machines of one template as one resource: however many there are, they are submitted with one command, watched with
 * one query, and take one row of the state.
 *
 * A changed `count` makes or removes members; a changed template replaces them, some at a time, and stops at the first
 * that does not become ready. When something fails or is interrupted, the fleet is recorded as it is: the next `pulumi up`
 * goes on, `pulumi destroy` removes all of it.
 *
 * @example
 * ```ts
 * const web = new CondorFleet("web", { image: debian.reference, count: 24, minReady: 20 });
 * export const addresses = web.members.apply((members) => Object.values(members).map(({ ipAddress }) => ipAddress));
 * ```
 */
export class CondorFleet extends pulumi.CustomResource {
  /** The members by name, in the order of their numbers. */
  declare readonly members: pulumi.Output<Record<string, FleetMember>>;
  /** How many members' domains run; as of the last `up` or refresh. */
  declare readonly running: pulumi.Output<number>;
  /** How many members are what `waitFor` asks for; as of the last `up` or refresh. */
  declare readonly ready: pulumi.Output<number>;
  /** By a member's name, what its VNC console asks for, of those that ask for something. A secret. */
  declare readonly vncPasswords: pulumi.Output<Record<string, string>>;
  /** How many members there are to be. */
  declare readonly count: pulumi.Output<number>;
  /** What the members' names begin with. */
  declare readonly namePrefix: pulumi.Output<string>;
  /** By a member's name, what it has otherwise than the template says. A secret, because it may hold what is one. */
  declare readonly overrides: pulumi.Output<Record<string, pulumi.Unwrap<MemberOverrideArgs>>>;
  /** How a changed template comes to the members that there are. */
  declare readonly updateStrategy: pulumi.Output<UpdateStrategy>;
  /** So many members must be ready; undefined: all of them. */
  declare readonly minReady: pulumi.Output<number | undefined>;
  /** How long members beyond `minReady` are waited for while they queue, in seconds. */
  declare readonly maxQueueSeconds: pulumi.Output<number>;
  /** The members that go first when the fleet shrinks; empty when none was named. */
  declare readonly removeFirst: pulumi.Output<string[]>;
  /** How long to wait for members, in seconds. */
  declare readonly timeoutSeconds: pulumi.Output<number>;
  /** The reference of the image from which members are booted. */
  declare readonly image: pulumi.Output<string>;
  /** The profile's name, `custom` where only a size was given, and what it stood for. */
  declare readonly profile: pulumi.Output<MachineSize & { name: string }>;
  /** The network of the members' main interface. */
  declare readonly network: pulumi.Output<string>;
  /** The fixed address of their main interface as it was asked for: `auto`; undefined where they have none. */
  declare readonly address: pulumi.Output<string | undefined>;
  /** The interfaces beside the main one as they were asked for; undefined where there are none. */
  declare readonly interfaces: pulumi.Output<Record<string, NetworkInterface> | undefined>;
  /** The guests' user data, a secret; undefined where they have none. */
  declare readonly userData: pulumi.Output<string | Document | undefined>;
  /** The public keys of whoever may log in, a secret; undefined where none was given. */
  declare readonly sshAuthorizedKeys: pulumi.Output<string[] | undefined>;
  /** The guests' host name as it was asked for; undefined: each member's name. */
  declare readonly hostname: pulumi.Output<string | undefined>;
  /** More of the guests' meta-data, a secret; undefined where none was given. */
  declare readonly metaData: pulumi.Output<Document | undefined>;
  /** The guests' network configuration, a secret; undefined where none was given. */
  declare readonly networkConfig: pulumi.Output<string | Document | undefined>;
  /** What a change of what the guests are told does. */
  declare readonly onUserDataChange: pulumi.Output<"replace" | "ignore">;
  /** What happens when a guest no longer feeds its watchdog; undefined where there is none. */
  declare readonly watchdog: pulumi.Output<WatchdogAction | undefined>;
  /** Whether a removal lets the guests power themselves off. */
  declare readonly gracefulStop: pulumi.Output<boolean>;
  /** Free text by key; empty when there is none. */
  declare readonly labels: pulumi.Output<Record<string, string>>;
  /** How long members live unless their leases are renewed; undefined where they have none. */
  declare readonly lease: pulumi.Output<string | undefined>;
  /** What a node must be, beside what image and size ask for; undefined: nothing else. */
  declare readonly requirements: pulumi.Output<string | undefined>;
  /** Which node is preferred; undefined: HTCondor chooses. */
  declare readonly rank: pulumi.Output<string | undefined>;
  /** Whether members go apart or together; undefined: neither is asked for. */
  declare readonly spread: pulumi.Output<Spread | undefined>;
  /** The accounting group that members count for; undefined: none. */
  declare readonly accountingGroup: pulumi.Output<string | undefined>;
  /** The greater, the sooner among the account's own jobs; undefined: 0. */
  declare readonly priority: pulumi.Output<number | undefined>;
  /** What becomes of a member that loses its node; undefined: it starts afresh elsewhere. */
  declare readonly onEviction: pulumi.Output<OnEviction | undefined>;
  /** What members are waited for. */
  declare readonly waitFor: pulumi.Output<WaitFor>;

  /**
   * Reads a living fleet that this stack does not own, such as one of another stack: `pulumi destroy` leaves it alone.
   *
   * @param name - the resource's name, unique among the fleets of the program
   * @param id - the fleet's `id`: `project/stack/type/name`
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): CondorFleet {
    // As an output, because Pulumi takes an empty text for no id at all, and would make a fleet.
    return new CondorFleet(name, undefined, { ...opts, id: pulumi.output(id) });
  }

  constructor(name: string, args: CondorFleetArgs, opts?: pulumi.CustomResourceOptions);
  /** Without arguments, for a fleet that `opts.id` names: see {@link CondorFleet.get}. */
  constructor(name: string, args: undefined, opts: pulumi.CustomResourceOptions & { id: pulumi.Input<pulumi.ID> });
  /**
   * @param name - the resource's name, unique among the fleets of the program
   * @param args - what the fleet is made of
   * @param opts - Pulumi's options; `customTimeouts` bound each operation. Without them creation and update take
   *   `timeoutSeconds` at most (a roll: for each batch of members), removal 600 s
   */
  constructor(name: string, args: CondorFleetArgs | undefined, opts: pulumi.CustomResourceOptions = {}) {
    const frames = dropFrames();
    try {
      super(
        TYPE,
        name,
        {
          members: undefined,
          running: undefined,
          ready: undefined,
          vncPasswords: undefined,
          consoleKey: undefined,
          count: undefined,
          namePrefix: undefined,
          overrides: undefined,
          updateStrategy: undefined,
          minReady: undefined,
          maxQueueSeconds: undefined,
          removeFirst: undefined,
          timeoutSeconds: undefined,
          image: undefined,
          profile: undefined,
          network: undefined,
          address: undefined,
          interfaces: undefined,
          userData: undefined,
          sshAuthorizedKeys: undefined,
          hostname: undefined,
          metaData: undefined,
          networkConfig: undefined,
          onUserDataChange: undefined,
          watchdog: undefined,
          gracefulStop: undefined,
          labels: undefined,
          lease: undefined,
          requirements: undefined,
          rank: undefined,
          spread: undefined,
          accountingGroup: undefined,
          priority: undefined,
          onEviction: undefined,
          waitFor: undefined,
          ...args,
          ...secretInputs(args, SECRET_INPUTS),
          ...hostInputs(TYPE, name, opts),
          __provider: PROVIDER,
        },
        pulumi.mergeOptions(opts, { additionalSecretOutputs: SECRET_OUTPUTS }),
      );
    } catch (failure) {
      throw frames.traced(failure);
    } finally {
      frames.restore();
    }
  }
}
