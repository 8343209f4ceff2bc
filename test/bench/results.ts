import { z } from "zod";
import { GUESTS } from "./guest.ts";

/** The version of this form. One that only gains optional fields keeps it. */
export const RESULTS_SCHEMA = 1;

/** One value a run, in the order of the runs. */
const Samples = z.array(z.number().nonnegative());

/** How often each of HTCondor's commands was run, by its name. */
export const Commands = z.record(z.string(), z.int().positive());
export type Commands = z.infer<typeof Commands>;

/** One of Pulumi's operations on real machines, run by run, beside the bare pool's. */
export const Race = z.object({
  /** Seconds of the whole `pulumi` command. */
  ours: Samples,
  /** Seconds of the bare pool: `condor_submit` until all domains run, `condor_rm` until the queue is empty. */
  bare: Samples,
  /** Seconds of the same `pulumi` command on as many resources that do nothing. */
  pulumi: Samples,
  /** Seconds of processor time of `pulumi` and all that it started. */
  oursCpu: Samples,
  /** Seconds of processor time of the bare commands and of the loop that watches. */
  bareCpu: Samples,
  /** What the last run used. */
  commands: Commands,
});
export type Race = z.infer<typeof Race>;

/** What is declared: single instances, or one fleet. */
export const Subject = z.enum(["instances", "fleet"]);
export type Subject = z.infer<typeof Subject>;

/** Real machines, from `pulumi up` to running and away again. */
export const MachinesFigure = z.object({
  subject: Subject,
  count: z.int().positive(),
  /** Pulumi's `--parallel`; absent: its default. */
  parallel: z.int().positive().optional(),
  up: Race,
  destroy: Race,
  /** The most that the provider's process had resident, in MiB. */
  memoryMiB: Samples,
});
export type MachinesFigure = z.infer<typeof MachinesFigure>;

/** An operation that changes nothing, beside the same on resources that do nothing and have the same state. */
export const Look = z.object({
  /** Seconds of the whole `pulumi` command. */
  ours: Samples,
  /** Seconds of the same command on the toy. */
  toy: Samples,
  oursCpu: Samples,
  toyCpu: Samples,
  commands: Commands,
  /** The most that the provider's process had resident, in MiB. */
  memoryMiB: Samples,
  /** The same of the toy's: Pulumi's host of dynamic providers alone. */
  toyMemoryMiB: Samples,
});
export type Look = z.infer<typeof Look>;

/** Queued members that match nothing. */
export const QueueFigure = z.object({
  subject: Subject,
  count: z.int().positive(),
  /** Making them, once. */
  up: z.object({ seconds: z.number(), commands: Commands, memoryMiB: z.number() }),
  preview: Look,
  refresh: Look,
  /** The size of the stack's state. */
  stateBytes: z.int().nonnegative(),
});
export type QueueFigure = z.infer<typeof QueueFigure>;

const AgentMemory = z.object({ rssMiB: z.number(), pssMiB: z.number() });

/** What an execute node's agent takes. */
export const NodeFigure = z.object({
  machines: z.int().positive(),
  prepareAloneMs: Samples,
  prepareAtOnceMs: Samples,
  copySeconds: Samples,
  cpSeconds: Samples,
  sha256sumSeconds: Samples,
  memoryWithOne: AgentMemory,
  memoryWithAll: AgentMemory,
});
export type NodeFigure = z.infer<typeof NodeFigure>;

/** What `npm run bench -- --json FILE` writes. */
export const Results = z.object({
  schema: z.literal(RESULTS_SCHEMA),
  /** When the run began, ISO 8601. */
  takenAt: z.iso.datetime(),
  quick: z.boolean(),
  runs: z.int().positive(),
  /** What boots in the machines. */
  guest: z.enum(GUESTS),
  host: z.object({
    processor: z.string(),
    cores: z.int(),
    memoryMiB: z.int(),
    /** The load of the minute before the run: figures taken on a busy machine are worth little. */
    loadBefore: z.number(),
  }),
  /** By name: `pulumi-condor`, `node`, `pulumi`, `condor`. */
  versions: z.record(z.string(), z.string()),
  machines: z.array(MachinesFigure),
  queue: z.array(QueueFigure),
  node: NodeFigure.optional(),
});
export type Results = z.infer<typeof Results>;
