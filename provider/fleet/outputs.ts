import { z } from "zod";
import { INSTANCE_STATES } from "../instance/state.ts";

/** A member of a fleet, as it goes into the state: as of the last `up` or refresh. */
export const Member = z.object({
  /** Its GlobalJobId. */
  id: z.string(),
  /** `cluster.proc`. */
  jobId: z.string(),
  state: z.enum(INSTANCE_STATES),
  /** The execute node; empty while it runs on none. */
  host: z.string(),
  /** The preferred address of its main interface; empty while it has none. */
  ipAddress: z.string(),
  /** All its addresses by interface. */
  addresses: z.record(z.string(), z.array(z.string())),
  /** `host:port` of its VNC console; empty while there is none. */
  vncAddress: z.string(),
  /** When its domain was first seen running, ISO 8601; empty while it was not. What it reached, it keeps while that stays. */
  startedAt: z.string(),
  /** Whether it is what the fleet's `waitFor` asks for. */
  ready: z.boolean(),
  /** Whether it is what the template and its override say; else it is still to be replaced. */
  upToDate: z.boolean(),
  /** When HTCondor removes it, ISO 8601; empty where it has no lease. */
  leaseEndsAt: z.string(),
  /** Why it does not run; empty while it does. */
  message: z.string(),
});
export type Member = z.infer<typeof Member>;

/** What a fleet answers beside its inputs. */
export interface FleetOutputs extends Record<string, unknown> {
  /** By name, in the order of their numbers. */
  members: Record<string, Member>;
  /** How many members' domains run. */
  running: number;
  /** How many members are ready. */
  ready: number;
  /** By a member's name, what its VNC console asks for, of those that ask for something. A secret. */
  vncPasswords: Record<string, string>;
  /** The private key for what a member's node tells the fleet's owner alone. A secret. */
  consoleKey: string;
  /** Members that the state owns and that nobody acknowledged yet; absent: none. */
  unacknowledged?: string[];
}
