import { setTimeout as sleep } from "node:timers/promises";

/** What arrives within this time shares one command. */
export const GATHER_MILLISECONDS = 5;

/**
 * Joins what arrives together: the first item opens a batch, and a moment later one call answers for all that came
 * meanwhile. A call that fails, fails for each of them.
 *
 * @param ask - asks for a whole batch; answers a function that gives (or throws) what concerns one item of it
 */
export function gather<Item, Answer>(
  ask: (items: readonly Item[]) => Promise<(item: Item) => Answer>,
  milliseconds: number = GATHER_MILLISECONDS,
): (item: Item) => Promise<Answer> {
  let open: { items: Item[]; answered: Promise<(item: Item) => Answer> } | undefined;

  const begin = () => {
    const items: Item[] = [];
    const answered = sleep(milliseconds).then(() => {
      open = undefined;
      return ask(items);
    });
    return { items, answered };
  };

  return async (item) => {
    open ??= begin();
    const { items, answered } = open;
    items.push(item);
    return (await answered)(item);
  };
}
