import type { Context } from "../context.ts";
import { type ImageUser, imageUsers } from "../instance/list.ts";
import type { Leftover, Store } from "../store/store.ts";
import { storeOf } from "./store-of.ts";

/** What a pruning came to, or would come to. */
export interface Pruning {
  /** What is gone, or would go. */
  readonly removed: readonly Leftover[];
  /** What stays because machines need it, though no name stands for it. */
  readonly kept: readonly KeptImage[];
  /** What the removed things took on the disk, in bytes. */
  readonly freedBytes: number;
}

/** An image that lost its names and is still needed. */
export interface KeptImage {
  readonly digest: string;
  readonly names: readonly string[];
  readonly users: readonly ImageUser[];
}

/**
 * Removes from the store what no image's name stands for and no live machine needs: images whose name moved on, bytes
 * without a name, and what writers that died left behind. The queue is asked about all of it first: while it does not
 * answer, nothing is removed.
 *
 * An image whose name moved on may still be in the state of a stack: its next `pulumi refresh` and `pulumi up` put it
 * back. Machines of other access points than the configured one are not seen.
 *
 * @param dryRun - say what would be removed, and remove nothing
 * @throws StoreError; whatever says that the pool cannot tell
 */
export async function pruneImages(context: Context, dryRun: boolean): Promise<Pruning> {
  const store = storeOf(context);
  // Whether the queue answers at all, before the store is looked at: half of a pruning is hard to tell of.
  await context.pool.list();
  const leftovers = await store.leftovers();
  const kept = await neededAmong(leftovers, context);
  const needed = new Set(kept.map(({ digest }) => digest));
  const idle = leftovers.filter((leftover) => leftover.kind === "temporary" || !needed.has(leftover.digest));
  const removed = dryRun ? idle : await discard(idle, store);
  return { removed, kept, freedBytes: removed.reduce((sum, { diskBytes }) => sum + diskBytes, 0) };
}

async function neededAmong(leftovers: readonly Leftover[], context: Context): Promise<KeptImage[]> {
  const kept: KeptImage[] = [];
  for (const leftover of leftovers) {
    if (leftover.kind !== "image") continue;
    const users = await imageUsers(context, leftover.digest);
    if (users.length > 0) kept.push({ digest: leftover.digest, names: leftover.names, users });
  }
  return kept;
}

/** @returns those that are gone: a name may have come to stand for one meanwhile */
async function discard(leftovers: readonly Leftover[], store: Store): Promise<Leftover[]> {
  const gone: Leftover[] = [];
  for (const leftover of leftovers) if (await store.discard(leftover)) gone.push(leftover);
  return gone;
}
