/** The seconds that one unit of a Go duration takes (Go's package time, ParseDuration); Pulumi adds the day. */
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** The units in which people read how long something takes, largest first. */
const READ_UNITS = ["d", "h", "m", "s"] as const;

/** A duration for people, in its two largest units: `2d 4h`, `3h 12m`, `59s`. Less than nothing is nothing: `0s`. */
export function durationText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts = READ_UNITS.map((unit) => {
    const size = UNIT_SECONDS[unit] ?? 1;
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return { unit, amount };
  });
  const first = parts.findIndex(({ amount, unit }) => amount > 0 || unit === "s");
  return parts
    .slice(first, first + 2)
    .filter(({ amount }, index) => index === 0 || amount > 0)
    .map(({ amount, unit }) => `${amount}${unit}`)
    .join(" ");
}

/**
 * Reads a duration as Go and Pulumi write them, such as `1h30m` or `90s`.
 *
 * @returns seconds; undefined when the text is no duration or not positive
 */
export function durationSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h|d)/g)];
  const seconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_SECONDS[unit ?? ""] ?? 0), 0);
  return parts.map(([part]) => part).join("") === text && seconds > 0 ? seconds : undefined;
}
