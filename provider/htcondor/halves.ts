import type { CommandFailedError } from "./errors.ts";

/** After so many that were refused alone, one after the other in the same words, no further one is tried alone. */
export const ALIKE_MOST = 8;

/** What one command for many came to. */
export interface Outcome<Item, Answer> {
  /** What it did, or found out, for which item. */
  readonly done: ReadonlyMap<Item, Answer>;
  /** Why it did nothing for the others; absent: there are no others. */
  readonly refusal?: CommandFailedError | undefined;
}

/** How something is done for many with one command that HTCondor refuses as a whole when it refuses one of them. */
export interface AllOrNone<Item, Answer> {
  /** One command for all of these. */
  readonly attempt: (items: readonly Item[]) => Promise<Outcome<Item, Answer>>;
  /** The answer for one that was refused, alone or as so many before it. */
  readonly refused: (item: Item, refusal: CommandFailedError, alike?: number) => Answer;
  /** How those are parted of which one was refused; absent: in halves. */
  readonly split?: (items: readonly Item[], refusal: CommandFailedError) => Promise<readonly (readonly Item[])[]>;
}

/**
 * Does something for many so that only those fail that are refused for themselves: what is refused together is tried in
 * parts. Its price is bounded: when so many are refused one after the other in the same words (a bound on jobs, a rule that
 * none meets), whatever is left is only tried as a whole and not parted any more.
 *
 * @param parts - what is tried together at first, one after the other
 */
export async function eachOrNone<Item, Answer>(
  parts: readonly (readonly Item[])[],
  { attempt, refused, split = async (items) => halvesOf(items) }: AllOrNone<Item, Answer>,
): Promise<Map<Item, Answer>> {
  const answers = new Map<Item, Answer>();
  const left = parts.toReversed();
  let alike = 0;
  let words = "";
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const { done, refusal } = await attempt(part);
    for (const [item, answer] of done) answers.set(item, answer);
    if (refusal === undefined) {
      alike = 0;
      continue;
    }
    const others = part.filter((item) => !done.has(item));
    const isAlike = wordsOf(refusal) === words;
    if (others.length > 1 && !(isAlike && alike >= ALIKE_MOST)) {
      left.push(...(await split(others, refusal)).toReversed());
    } else if (others.length > 1) {
      for (const item of others) answers.set(item, refused(item, refusal, alike));
    } else {
      for (const item of others) answers.set(item, refused(item, refusal));
      alike = isAlike ? alike + 1 : 1;
      words = wordsOf(refusal);
    }
  }
  return answers;
}

/** The first and the second half of a list; one list where there is one item, none where there is none. */
export function halvesOf<Item>(items: readonly Item[]): Item[][] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0);
}

/** HTCondor's words without what is of the one job alone: numbers. */
function wordsOf({ why, what }: CommandFailedError): string {
  return (why ?? what).replace(/\d+/g, "#");
}
