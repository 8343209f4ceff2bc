import { z } from "zod";

/** The most that an expression may take, in characters. */
const EXPRESSION_MAX = 4096;

/**
 * A ClassAd expression on one line, as a person writes it: HTCondor parses it before anything is submitted. Whatever
 * submission or edit it becomes part of, one function quotes it for that (provider/htcondor/expression.ts).
 */
export const Expression = z
  .string()
  .regex(/^[\x20-\x7e]*$/, "must be one line of printable ASCII characters")
  .refine((text) => text.trim() !== "", "must not be empty")
  .max(EXPRESSION_MAX, `must be at most ${EXPRESSION_MAX} characters`);

/** The name of an accounting group, its parts joined by dots (HTCondor manual, "Group Accounting"). */
export const AccountingGroup = z
  .string()
  .max(128, "must be at most 128 characters")
  .regex(
    /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/,
    "must be words of letters, digits, '_' and '-', joined by dots, like group_physics.ci",
  );

/** Where machines of one account are to go: `hosts`, apart; `pack`, together. */
export const Spread = z.enum(["hosts", "pack"]);
export type Spread = z.infer<typeof Spread>;

/** What becomes of a machine that loses its node: it starts afresh elsewhere, or it ends. */
export const OnEviction = z.enum(["requeue", "fail"]);
export type OnEviction = z.infer<typeof OnEviction>;

/** The most, and the least, that HTCondor's `priority` may be here: it is only compared within one account's jobs. */
const PRIORITY_MAX = 1_000_000;

/** Where a machine may and should run, beside what its image and size ask for. What is absent, is left to HTCondor. */
export const Placement = z.strictObject({
  /** What a node must be. */
  requirements: Expression.optional(),
  /** Which node is to be preferred: the greater its value, the better. */
  rank: Expression.optional(),
  spread: Spread.optional(),
  accountingGroup: AccountingGroup.optional(),
  /** The greater, the sooner among the account's own jobs. */
  priority: z.int().min(-PRIORITY_MAX).max(PRIORITY_MAX).optional(),
  /** Absent: `requeue`. */
  onEviction: OnEviction.optional(),
});
export type Placement = z.infer<typeof Placement>;

/**
 * The attributes of a job's ad by which HTCondor goes for its placement. They do not begin with Cloud, because two of them
 * are expressions, and a node takes none of those from a job: where it runs is over when a node has it.
 */
export const PLACEMENT_ATTRIBUTE = {
  /** What {@link Placement.requirements} says; the job's own requirements ask for it. Absent: nothing. */
  requirements: "VirtualMachineRequirements",
  /** What {@link Placement.rank} says; the job's own rank begins with it. Absent: nothing. */
  rank: "VirtualMachineRank",
  /** {@link SPREAD_WEIGHT}. */
  spread: "VirtualMachineSpread",
  /** {@link Placement.onEviction}. */
  onEviction: "VirtualMachineOnEviction",
} as const;

/** What a node's rank is per machine that it has. */
export const SPREAD_WEIGHT: Readonly<Record<Spread, number>> = { hosts: -1, pack: 1 };
