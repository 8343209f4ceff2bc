import type { CheckResult } from "../provider/check.ts";
import type { Context } from "../provider/context.ts";
import type { Operation } from "../provider/operation.ts";

type Properties = Record<string, unknown>;

/** A resource as its lifecycle left it. */
export interface Recorded {
  readonly id: string;
  readonly outputs: Properties;
  /** What the program would have to say for the resource to be as it is; absent: as it did. */
  readonly inputs?: Properties | undefined;
}

/** What a change of a resource comes to. */
export interface Diff {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** A resource's lifecycle, as the shell calls it: what provider/ offers for each kind, in one form. */
export interface Lifecycle {
  check(
    news: Properties,
    unknown: Set<string>,
    context: Context,
    olds: Properties,
    operation: Operation,
  ): Promise<CheckResult>;
  /** @param isRefresh - whether only the truth is asked for (`pulumi refresh`), and not what an update would do */
  diff(olds: Properties, news: Properties, unknown: Set<string>, isRefresh: boolean): Diff;
  /** What a person should know of a change before it is made; absent: nothing, ever. */
  warningOf?(diff: Diff): string | undefined;
  /**
   * Whether `timeoutSeconds` bounds each step of a create or an update, of which there may be any number, and the
   * lifecycle sees to that: the whole is then bounded by Pulumi's `customTimeouts` alone.
   */
  readonly boundsSteps?: true;
  create(inputs: Properties, context: Context, operation: Operation): Promise<Recorded>;
  /** Undefined when the resource is gone. */
  read(id: string, state: Properties, context: Context, operation: Operation): Promise<Recorded | undefined>;
  update(id: string, olds: Properties, news: Properties, context: Context, operation: Operation): Promise<Properties>;
  delete(id: string, state: Properties, context: Context, operation: Operation): Promise<void>;
}
