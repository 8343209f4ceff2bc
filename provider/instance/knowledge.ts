import { CloudError } from "../errors.ts";
import type { Pool } from "../htcondor/pool.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import type { Operation } from "../operation.ts";

type Properties = Readonly<Record<string, unknown>>;

/** What one process knows of its pool. */
export interface Knowledge {
  /** Asked for once, however many machines are checked. */
  asked: { readonly nodes: Promise<readonly NodeSlot[] | CloudError>; readonly atMilliseconds: number } | undefined;
  /** The nodes less what machines need that were checked before; undefined where none was. */
  left: readonly NodeSlot[] | undefined;
  /** What was warned of already. */
  readonly warned: Set<string>;
  /** By URN, the inputs that resources had before. Pulumi checks a replacement once more, as if it were new. */
  readonly before: Map<unknown, Properties>;
}

/** A process that lives longer than one operation asks again. */
const FRESH_MILLISECONDS = 30_000;

const known = new WeakMap<Pool, Knowledge>();

/** The inputs that the resource had before this program; undefined for a new one. */
export function beforeOf({ before }: Knowledge, urn: unknown, olds: Properties): Properties | undefined {
  if (Object.keys(olds).length > 0) before.set(urn, olds);
  return before.get(urn);
}

/** What this process knows of a pool. */
export function knowledgeOf(pool: Pool): Knowledge {
  const latest = known.get(pool) ?? { asked: undefined, left: undefined, warned: new Set(), before: new Map() };
  known.set(pool, latest);
  return latest;
}

/** Warns of what was not warned of yet: many machines may have the same to say. */
export function warnOnce({ warned }: Knowledge, operation: Operation, message: string): void {
  if (!warned.has(message)) operation.warn(message);
  warned.add(message);
}

/**
 * The nodes that report to the pool; undefined where there is none, or the pool cannot be asked, which is a warning, so
 * that a pipeline without access can preview.
 */
export async function reportingNodes(
  pool: Pool,
  knowledge: Knowledge,
  operation: Operation,
): Promise<readonly NodeSlot[] | undefined> {
  const nodes = await nodesOf(pool, knowledge);
  if (nodes instanceof CloudError) {
    const unasked = "The pool cannot be asked; the preview goes on without knowing the pool's capacity.";
    warnOnce(knowledge, operation, `${unasked}\n  ${nodes.message}`);
    return undefined;
  }
  if (nodes.length > 0) return nodes;
  warnOnce(knowledge, operation, "No execute node of Condor Cloud reports to the pool: machines queue until one does.");
  return undefined;
}

/** The pool's nodes, or why they cannot be told. */
function nodesOf(pool: Pool, knowledge: Knowledge): Promise<readonly NodeSlot[] | CloudError> {
  const now = Date.now();
  if (knowledge.asked !== undefined && now - knowledge.asked.atMilliseconds < FRESH_MILLISECONDS) {
    return knowledge.asked.nodes;
  }
  const nodes = pool.nodes().catch((error: unknown) => {
    if (error instanceof CloudError) return error;
    throw error;
  });
  knowledge.asked = { nodes, atMilliseconds: now };
  knowledge.left = undefined;
  return nodes;
}
