import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Arrivals } from "./arrivals.ts";

/** A batch closes when nothing arrived for so long: a lone call is not slowed noticeably. */
const QUIET_MILLISECONDS = 5;

/** A batch closes after so long at the latest, however many still arrive: they open the next. */
const OPEN_MOST_MILLISECONDS = 5000;

/** How what arrives is joined. */
export interface Gathering<Item> {
  /** The least time that a batch stays open after an item. Absent: 5 ms. */
  readonly quietMilliseconds?: number;
  /** Absent: 5 s. */
  readonly openMostMilliseconds?: number;
  /** Whether what arrives during a call waits for its end and joins the next one. Absent: it does not wait. */
  readonly oneAtATime?: boolean;
  /**
   * Who an item is from, where callers may come in a row with their first one: a batch stays open for the next of them.
   * Absent: they come together.
   */
  readonly callerOf?: (item: Item) => string;
}

/** What one call answers for. */
interface Batch<Item, Answer> {
  readonly items: Item[];
  readonly answered: Promise<(item: Item) => Answer>;
}

/**
 * Joins what arrives together: the first item opens a batch, each further one keeps it open for a moment, and then one
 * call answers for all. So a thousand callers who come one after the other still share a few calls, and from then on go
 * together. A call that fails, fails for each of them.
 *
 * @param ask - asks for a whole batch; answers a function that gives (or throws) what concerns one item of it
 */
export function gather<Item, Answer>(
  ask: (items: readonly Item[]) => Promise<(item: Item) => Answer>,
  how: Gathering<Item> = {},
): (item: Item) => Promise<Answer> {
  let open: Batch<Item, Answer> | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  const arrivals = new Arrivals();

  const begin = (): Batch<Item, Answer> => {
    const items: Item[] = [];
    const answered = (how.oneAtATime ? underWay : Promise.resolve())
      .then(() => untilQuiet(items, arrivals, how))
      .then(() => {
        open = undefined;
        return ask(items);
      });
    underWay = answered.catch(() => {});
    return { items, answered };
  };

  return async (item) => {
    if (how.callerOf !== undefined) arrivals.note(how.callerOf(item));
    open ??= begin();
    const { items, answered } = open;
    items.push(item);
    return (await answered)(item);
  };
}

/** Waits until no item has arrived for a moment, or it has waited for long. */
async function untilQuiet<Item>(items: readonly Item[], arrivals: Arrivals, how: Gathering<Item>): Promise<void> {
  const { quietMilliseconds = QUIET_MILLISECONDS, openMostMilliseconds = OPEN_MOST_MILLISECONDS } = how;
  const closesAt = performance.now() + openMostMilliseconds;
  for (let count = -1; count !== items.length && performance.now() < closesAt; ) {
    count = items.length;
    await sleep(Math.max(quietMilliseconds, arrivals.quietMilliseconds()));
    // Where the event loop was late, those who waited for their turn as long may be about to arrive.
    await nextTurn();
  }
}
