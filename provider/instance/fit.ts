import { isDeepStrictEqual } from "node:util";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { DEFAULT_NETWORK } from "../../contract/instance-spec.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { CloudError, TimedOutError } from "../errors.ts";
import type { Pool } from "../htcondor/pool.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import { Operation } from "../operation.ts";
import { type Free, type Needs, reserve, whyNever } from "./capacity.ts";
import { checkInstance } from "./check.ts";
import { ResolvedProfile } from "./inputs.ts";

type Properties = Record<string, unknown>;

/** A preview does not wait longer for a pool that it cannot reach. */
const ASK_SECONDS = 10;

/** What one process knows of its pool, asked for once however many machines it checks. */
interface Known {
  readonly nodes: Promise<readonly NodeSlot[] | CloudError>;
  /** What is free of it, less what was checked before. */
  free: Free[] | undefined;
  /** What was warned of already. */
  readonly warned: Set<string>;
  readonly askedAt: number;
}

/** Another operation of the same process asks again. */
const FRESH_MILLISECONDS = 30_000;

const known = new WeakMap<Pool, Known>();

/**
 * Checks what a program gave, and whether the pool can hold it: a machine that no execute node could ever hold is
 * refused, one for which all are busy is warned of. A pool that cannot be asked is one warning, so that a pipeline
 * without access can preview. A machine that exists and stays as it is is never asked about: its node may be down.
 *
 * @param olds - the inputs of the resource as it is; empty for a new one
 */
export async function checkInstanceInPool(
  inputs: Properties,
  unknown: ReadonlySet<string>,
  context: Context,
  olds: Properties,
  operation: Operation,
): Promise<CheckResult> {
  const result = await checkInstance(inputs, unknown, context);
  if (result.failures.length > 0 || result.inputs.adopt !== undefined) return result;
  const isAsItWas = ["profile", "image"].every((name) => isDeepStrictEqual(olds[name], result.inputs[name]));
  const needs = isAsItWas ? undefined : await needsOf(result.inputs, context);
  if (needs !== undefined) {
    const isNew = olds.profile === undefined;
    result.failures.push(...(await checkFits(needs, isNew, context.pool, operation)));
  }
  return result;
}

/** What the machine needs, as far as a preview knows; undefined where it does not know the size. */
async function needsOf(inputs: Properties, context: Context): Promise<Needs | undefined> {
  const profile = ResolvedProfile.safeParse(inputs.profile).data;
  if (profile === undefined) return undefined;
  const { memoryMiB, vcpus } = profile;
  const reference = ImageReferenceText.safeParse(inputs.image).data;
  const manifest = reference && (await context.store?.find(reference.name, reference.digest));
  return {
    memoryMiB,
    vcpus,
    network: DEFAULT_NETWORK,
    architecture: manifest?.architecture,
    firmware: manifest?.firmware,
  };
}

async function checkFits(
  needs: Needs,
  isNew: boolean,
  pool: Pool,
  operation: Operation,
): Promise<CheckResult["failures"]> {
  const knowledge = knowledgeOf(pool);
  const nodes = await knowledge.nodes;
  const warnOnce = (about: string, message: string) => {
    if (!knowledge.warned.has(about)) operation.warn(message);
    knowledge.warned.add(about);
  };
  if (nodes instanceof CloudError) {
    warnOnce("silent", `It is not known whether the pool can hold the machines.\n  ${nodes.message}`);
    return [];
  }
  if (nodes.length === 0) {
    warnOnce("empty", "No execute node of Condor Cloud reports to the pool now: machines queue until one does.");
    return [];
  }
  const never = whyNever(needs, nodes);
  if (never !== undefined) return [{ property: never.property, reason: never.reason }];
  knowledge.free ??= freeOf(nodes);
  // A replaced machine leaves its own place to its successor.
  if (isNew && !reserve(needs, knowledge.free)) {
    const size = `${needs.memoryMiB} MiB and ${needs.vcpus} vCPU`;
    warnOnce(
      size,
      `A machine of ${size} will have to queue. Free now, less what this program asked for before it: ${describe(knowledge.free)}.`,
    );
  }
  return [];
}

function knowledgeOf(pool: Pool): Known {
  const latest = known.get(pool);
  if (latest !== undefined && Date.now() - latest.askedAt < FRESH_MILLISECONDS) return latest;
  const asked = { nodes: askNodes(pool), free: undefined, warned: new Set<string>(), askedAt: Date.now() };
  known.set(pool, asked);
  return asked;
}

/** The pool's nodes, or why they cannot be told. */
async function askNodes(pool: Pool): Promise<readonly NodeSlot[] | CloudError> {
  const deadline = new Operation({ timeoutSeconds: ASK_SECONDS });
  const answer = pool.nodes().catch((error: unknown) => {
    if (error instanceof CloudError) return error;
    throw error;
  });
  const late = deadline.pause(ASK_SECONDS * 1000, "waiting for the pool to say what it can hold").then(
    () => new TimedOutError({ what: `The pool gave no answer within ${ASK_SECONDS} s.` }),
    (error: CloudError) => error,
  );
  return await Promise.race([answer, late]);
}

/** What each node that takes machines has left. */
function freeOf(nodes: readonly NodeSlot[]): Free[] {
  return nodes
    .filter(({ report }) => report.heartbeat > 0)
    .map((node) => ({ memoryMiB: node.freeMemoryMiB ?? 0, vcpus: node.freeCpus ?? 0, node }));
}

function describe(free: readonly Free[]): string {
  const largest = [...free].sort((a, b) => b.memoryMiB - a.memoryMiB).slice(0, 3);
  if (largest.length === 0) return "nothing, no execute node takes machines";
  return largest.map(({ memoryMiB, vcpus, node }) => `${memoryMiB} MiB and ${vcpus} vCPU on ${node.host}`).join(", ");
}
