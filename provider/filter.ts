/** What a list is narrowed to; what is absent narrows nothing. */
export interface Filter {
  readonly name?: string | undefined;
  /** Labels that a thing must have, each with this very value. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly state?: string | undefined;
  readonly owner?: string | undefined;
}

/** Whether something listed is what a filter asks for. */
export function matches(
  filter: Filter,
  {
    labels = {},
    ...listed
  }: { name?: string; labels?: Readonly<Record<string, string>>; state?: string; owner?: string },
): boolean {
  const wanted = Object.entries(filter.labels ?? {});
  return (
    (["name", "state", "owner"] as const).every((key) => filter[key] === undefined || filter[key] === listed[key]) &&
    wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
  );
}
