import { z } from "zod";
import type { NodeStatus } from "./agent/status.ts";
import { REQUEST_MAX_BYTES } from "./request-limit.ts";
import { SCRATCH_MAX_CHARACTERS } from "./scratch.ts";

/**
 * How hooks and agent talk over the agent's unix socket: one line of JSON is the request, each line after it an
 * answer, the last of which is final. The agent trusts nothing in a request: whoever can reach the socket can write it.
 * It has two, the hook's and a private one for root: a domain, and the node's status, are given at the private one alone.
 */

/** The seconds between two signs of life while the agent works on a request; a hook gives up after several missed. */
export const PROGRESS_SECONDS = 2;

const ad = z.string().max(REQUEST_MAX_BYTES);

/** A request to the agent; `ad` is the part of the job ad that `relevantLines` keeps. */
export const Request = z.discriminatedUnion("request", [
  /** Are you there? */
  z.strictObject({ request: z.literal("ping") }),
  /**
   * Make everything ready for this job's machine. `scratch`: the job's scratch directory, where the hook has made a file for
   * the console's copy.
   */
  z.strictObject({
    request: z.literal("prepare"),
    ad,
    scratch: z.string().max(SCRATCH_MAX_CHARACTERS).optional(),
  }),
  /** Give the domain XML of the machine that was prepared for this job. */
  z.strictObject({ request: z.literal("domain"), ad }),
  /** How does the node? */
  z.strictObject({ request: z.literal("status") }),
]);
export type Request = z.infer<typeof Request>;

/** What the agent gives with its last word: a domain's XML, or the node's status. */
export interface Reply {
  readonly xml?: string;
  readonly status?: NodeStatus;
}

/** An answer of the agent. */
export type Answer =
  /** Still at it. */
  | { readonly answer: "working" }
  | ({ readonly answer: "done" } & Reply)
  /** `retry`: another node, or this one later, can do it; else the job is at fault and must be held. */
  | { readonly answer: "refused"; readonly retry: boolean; readonly message: string };
