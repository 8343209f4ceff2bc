/** What a resource's check answers: its inputs with every default filled in, and what is wrong with them. */
export interface CheckResult {
  inputs: Record<string, unknown>;
  /** `property` is a top-level input; the reason holds the path below it, what was given and what was expected. */
  failures: { property: string; reason: string }[];
}
