/** What several runs of the same came to. */
export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The value in the middle; of an even number of values the mean of the two in the middle. NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The least, the middle and the greatest value; NaN where there is none. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) return { min: Number.NaN, median: Number.NaN, max: Number.NaN };
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/**
 * Run by run, ours over theirs: what a busy machine does to both of one run then counts for little.
 *
 * @param less - what is taken from ours first, run by run; absent: nothing
 */
export function ratios(ours: readonly number[], theirs: readonly number[], less?: readonly number[]): number[] {
  const runs = Math.min(ours.length, theirs.length, less?.length ?? Number.POSITIVE_INFINITY);
  return Array.from({ length: runs }, (_, run) => {
    const [mine = Number.NaN, other = Number.NaN] = [ours[run], theirs[run]];
    return (mine - (less?.[run] ?? 0)) / other;
  });
}

/** `2.10 (1.90–2.40)`: the middle value, with the least and the greatest; the value alone where they do not differ. */
export function told(values: readonly number[], digits: number): string {
  if (values.length === 0) return "–";
  const { min, median: middle, max } = summarize(values);
  const [low, mid, high] = [min, middle, max].map((value) => value.toFixed(digits));
  return low === high ? `${mid}` : `${mid} (${low}–${high})`;
}

/** A row of a table: the least, the middle and the greatest value. */
export function spread(what: string, values: readonly number[], digits: number): string[] {
  const { min, median: middle, max } = summarize(values);
  return [what, ...[min, middle, max].map((value) => value.toFixed(digits))];
}
