/** The units of sizes, largest first. */
const UNITS = [
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
] as const;

/** Others of the pool wrote it: it must not command the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** A size for people, with three digits or so: `1.21 GiB`, `126 MiB`, `512 B`. */
export function bytesText(bytes: number): string {
  const [unit, size] = UNITS.find(([, least]) => bytes >= least) ?? ["B", 1];
  const amount = bytes / size;
  return `${amount >= 100 || unit === "B" ? Math.round(amount) : Number(amount.toPrecision(3))} ${unit}`;
}

/** Labels as people give them: `team=shop, tier=web`; `-` where there are none. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${oneLine(value)}`);
  return pairs.length === 0 ? "-" : pairs.join(", ");
}

/** What is known of one thing, a line each; what is empty is left out. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const known = rows.filter(([, value]) => value !== "");
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
