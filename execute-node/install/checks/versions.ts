/** Whether a version such as `23.9.6` is at least another; what is missing counts as 0. Pure. */
export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split(".").map(Number));
  for (const index of [0, 1, 2]) {
    const [a, b] = [have?.[index] ?? 0, want?.[index] ?? 0];
    if (a !== b) return a > b;
  }
  return true;
}

/** The first version in a program's words, such as `20.19.2` in `v20.19.2`; undefined when there is none. Pure. */
export function versionIn(words: string): string | undefined {
  return /\d+\.\d+(?:\.\d+)?/.exec(words)?.[0];
}
