import { DEFAULT_WAIT_FOR, WaitFor } from "./inputs.ts";
import { isAtRest, isReady, type Observation } from "./state.ts";

type Properties = Record<string, unknown>;

/**
 * Whether the machine is what is waited for, as far as can be told without waiting: a read knocks at no port. What a
 * guest reached it keeps while the same start of it runs: its agent may be busy, or silent for a moment.
 */
export function isStillReady(state: Properties, seen: Observation): boolean {
  const waitFor = waitForOf(state);
  if (isAtRest(seen)) return state.ready !== false;
  const reached = state.ready !== false && state.startedAt === seen.startedAt;
  if (waitFor === "guest-agent" || waitFor === "cloud-init") {
    return seen.state === "running" && (reached || isReady(seen, waitFor));
  }
  return isReady(seen, waitFor) && (typeof waitFor !== "object" || reached);
}

/** What the state's machine was waited for; the default where an earlier version recorded none. */
export function waitForOf({ waitFor }: Properties): WaitFor {
  return WaitFor.safeParse(waitFor).data ?? DEFAULT_WAIT_FOR;
}
