/**
 * Does something with each item, so many at a time; answers in the order of the items. One that fails lets the others
 * finish; then all failures are told together.
 */
export async function inTurns<Item, Answer>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const failures: unknown[] = [];
  const waiting = [...items.entries()];
  async function takeNext(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, item] = next;
      try {
        answers[index] = await work(item);
      } catch (failure) {
        failures.push(failure);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeNext));
  if (failures.length > 0) throw new Error(failures.map(String).join("\n\n"));
  return answers;
}
