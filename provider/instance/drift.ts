import { isDeepStrictEqual } from "node:util";
import { macAddressOf } from "../../contract/instance-spec.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { Changeable } from "./diff.ts";
import { InstanceInputs, leaseSecondsOf } from "./inputs.ts";
import { isPutOff, leaseFromNow, poolSeconds } from "./lease.ts";
import { keyOf } from "./resource-urn.ts";

type Properties = Record<string, unknown>;

/** What the machine is, as its job says: what a state without it lacks. */
export function describedBy({ cloud }: QueueJob): Properties {
  if (cloud === undefined) return {};
  const {
    name,
    image,
    profile,
    size,
    macAddress,
    watchdog,
    placement: { requirements, accountingGroup } = {},
  } = cloud.job.spec;
  return {
    name,
    image,
    profile: { name: profile, ...size },
    macAddress,
    ...(watchdog === undefined ? {} : { watchdog }),
    ...(requirements === undefined ? {} : { requirements }),
    ...(accountingGroup === undefined ? {} : { accountingGroup }),
  };
}

/** What changes in place, as the job has it; as the state has it where the job cannot be read. */
export function changeableIn(job: QueueJob, state: Properties): Properties {
  const spec: Changeable | undefined = job.cloud?.job.spec;
  if (spec === undefined) return changeableOf(state);
  const { labels, gracefulStop, placement = {} } = spec;
  return { labels, gracefulStop, ...changeablePlacementOf(placement), lease: leaseIn(job, state) };
}

/**
 * The lease as a program would have to give it: as the state has it where the job has that very one, whether or not it
 * was renewed meanwhile.
 */
function leaseIn(job: QueueJob, { lease: text }: Properties): string | undefined {
  const asked = typeof text === "string" ? text : undefined;
  const seconds = leaseSecondsOf(asked);
  const { lease, acknowledged } = job.cloud?.job ?? {};
  // A lease begins when the machine is acknowledged.
  const until = acknowledged ? lease?.until : lease && leaseFromNow(job, lease.seconds)?.until;
  if (lease === undefined || until === undefined) return undefined;
  const now = poolSeconds(job);
  if (isPutOff(lease.seconds, until, now)) return `${until - now}s`;
  return lease.seconds === seconds ? asked : `${lease.seconds}s`;
}

/**
 * The inputs that a program would have to give for the machine to be as it is, where somebody changed it behind the
 * state's back, so that a refresh shows it; undefined where nobody did.
 */
export function driftedInputs(job: QueueJob, state: Properties): Properties | undefined {
  const changeable = changeableIn(job, state);
  return isDeepStrictEqual(changeable, changeableOf(state)) ? undefined : { ...inputsIn(state), ...changeable };
}

/** What changes in place, as the state has it. Absent means default. */
function changeableOf(state: Properties): Properties {
  const { labels = {}, gracefulStop = false, lease } = state;
  return { labels, gracefulStop, ...changeablePlacementOf(state), lease };
}

function changeablePlacementOf({ rank, spread, priority, onEviction }: Properties): Properties {
  return { rank, spread, priority, onEviction };
}

/** The inputs among a state's properties. A MAC address that was derived was none. */
function inputsIn(state: Properties): Properties {
  const inputs = Object.keys(InstanceInputs.shape)
    .filter((name) => state[name] !== undefined)
    .map((name) => [name, state[name]]);
  const { macAddress, ...rest } = Object.fromEntries(inputs);
  const derived = typeof rest.resourceUrn === "string" ? macAddressOf(keyOf(rest.resourceUrn)) : undefined;
  return macAddress === undefined || macAddress === derived ? rest : { ...rest, macAddress };
}
