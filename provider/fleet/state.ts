import { z } from "zod";
import { waitForOf } from "../instance/readiness.ts";
import { Member } from "./outputs.ts";

type Properties = Readonly<Record<string, unknown>>;

/** What is needed of a member in a state; an older one may lack the rest. */
const Recorded = Member.pick({ id: true }).extend({
  ready: z.boolean().optional(),
  startedAt: z.string().optional(),
  upToDate: z.boolean().optional(),
});

/** What a fleet's state says beside its inputs. */
const State = z.object({
  members: z.record(z.string(), Recorded).default({}),
  count: z.int().optional().catch(undefined),
  consoleKey: z.string().optional().catch(undefined),
  overrides: z.record(z.string(), z.record(z.string(), z.unknown())).catch({}).default({}),
  waitFor: z.unknown().optional(),
});
export type FleetState = z.infer<typeof State>;

/** Reads what a state says of a fleet; one that says nothing, as before a create, has no members. */
export function stateOf(properties: Properties): FleetState {
  return State.parse(properties);
}

/** The ids of the members by their names. */
export function knownIds({ members }: FleetState): Map<string, string> {
  return new Map(Object.entries(members).map(([name, { id }]) => [name, id]));
}

/** A member as an instance's state would have it, as far as its readiness goes; undefined where the state has none. */
export function asInstance(state: FleetState, name: string, id: string): Properties | undefined {
  const member = Object.hasOwn(state.members, name) ? state.members[name] : undefined;
  if (member === undefined || member.id !== id) return undefined;
  const own = Object.hasOwn(state.overrides, name) ? state.overrides[name] : undefined;
  return { ...member, waitFor: waitForOf({ waitFor: own?.waitFor ?? state.waitFor }) };
}
