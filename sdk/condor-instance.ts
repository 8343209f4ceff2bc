import * as pulumi from "@pulumi/pulumi";
import type { MachineSize } from "../contract/profiles.ts";
import { dropFrames } from "./construction.ts";
import { hostInputs } from "./host-inputs.ts";
import type { Document, MachineArgs, NetworkInterface, WaitFor, WatchdogAction } from "./machine-args.ts";
import { GUEST_SECRETS, secretInputs } from "./secret-inputs.ts";

const TYPE = "pulumi-nodejs:dynamic/condor:Instance";

/** The text that Pulumi keeps in the state to find the provider's code again; it must work for ever. */
const PROVIDER = 'exports.handler = () => require("pulumi-condor/dynamic").instance;';

/**
 * What no state holds in plain text, whether or not a program marks it as secret: the console's password, the key that
 * opens it, and what the guest was told. That may have been a secret when the guest was told, and be none in the program
 * now; where the change is ignored, Pulumi goes by the program's mark alone.
 */
const SECRET_OUTPUTS = ["vncPassword", "consoleKey", ...GUEST_SECRETS];

/** What a {@link CondorInstance} is made of. */
export interface CondorInstanceArgs extends MachineArgs {
  /**
   * The machine's name and its guest's host name, a DNS label. Default: the resource's name. A change replaces the
   * instance.
   */
  name?: pulumi.Input<string>;
  /**
   * A unicast MAC address in lower case. Default: derived from the resource's URN, so that it survives a replacement.
   * A change replaces the instance.
   */
  macAddress?: pulumi.Input<string>;
  /**
   * How long to wait for the machine to run and have its address, in seconds. Pulumi's `customTimeouts` win over it.
   * Default: 600.
   */
  timeoutSeconds?: pulumi.Input<number>;
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
  /** What an execute node must be, beside what the machine asks for itself; undefined where nothing was asked. */
  declare readonly requirements: pulumi.Output<string | undefined>;
  /** Which node is preferred; undefined where nothing was said. */
  declare readonly rank: pulumi.Output<string | undefined>;
  /** Whether nodes with fewer machines or with more are preferred; undefined: neither. */
  declare readonly spread: pulumi.Output<"hosts" | "pack" | undefined>;
  /** The accounting group; undefined where the machine has none. */
  declare readonly accountingGroup: pulumi.Output<string | undefined>;
  /** Which of the account's own machines start first; undefined: 0. */
  declare readonly priority: pulumi.Output<number | undefined>;
  /** What becomes of a machine that lost its node; undefined: `requeue`. */
  declare readonly onEviction: pulumi.Output<"requeue" | "fail" | undefined>;
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
    const frames = dropFrames();
    try {
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
          requirements: undefined,
          rank: undefined,
          spread: undefined,
          accountingGroup: undefined,
          priority: undefined,
          onEviction: undefined,
          timeoutSeconds: undefined,
          lease: undefined,
          leaseEndsAt: undefined,
          waitFor: undefined,
          ready: undefined,
          starts: undefined,
          message: undefined,
          ...args,
          ...secretInputs(args, GUEST_SECRETS),
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
