import { messageOf } from "../../agent/refusal.ts";
import type { ResolvedNodeConfiguration } from "../../configuration.ts";

/** What a check came to: `warning` lets a node work, but not as well as it could. */
export interface Judgement {
  readonly verdict: "ok" | "warning" | "failed";
  /** What was found, in a few words. */
  readonly found: string;
  /** What to do, where it is not ok. */
  readonly remedy?: string;
}

/** One look at an execute node, or at another machine of the pool, by what is known of it. */
export interface Check<Known = ResolvedNodeConfiguration> {
  readonly name: string;
  /** A failure of this itself counts as a failed check. */
  readonly judge: (configuration: Known) => Judgement | Promise<Judgement>;
}

/** What a check found, with its name. */
export interface Finding extends Judgement {
  readonly check: string;
}

/** All is well. */
export function ok(found: string): Judgement {
  return { verdict: "ok", found };
}

/** It works, but not as well as it could. */
export function warning(found: string, remedy: string): Judgement {
  return { verdict: "warning", found, remedy };
}

/** It does not work. */
export function failed(found: string, remedy: string): Judgement {
  return { verdict: "failed", found, remedy };
}

/** Makes all checks at once, and gives what they found in their order. */
export async function runChecks<Known>(checks: readonly Check<Known>[], configuration: Known): Promise<Finding[]> {
  return Promise.all(
    checks.map(async ({ name, judge }) => {
      try {
        return { check: name, ...(await judge(configuration)) };
      } catch (error) {
        return { check: name, ...failed(messageOf(error), "The command's own words say why.") };
      }
    }),
  );
}

/** The words for a verdict, of one width. */
const VERDICTS = { ok: "ok     ", warning: "warning", failed: "FAILED " } as const;

/** A finding as one line, with its remedy on lines below where it is not ok. */
export function findingText({ verdict, check, found, remedy }: Finding): string {
  const line = `${VERDICTS[verdict]}  ${check}: ${found}`;
  return remedy === undefined ? line : `${line}\n           ${remedy.replaceAll("\n", "\n           ")}`;
}
