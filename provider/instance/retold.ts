import { isDeepStrictEqual } from "node:util";
import { diffInstance, presentOf } from "./diff.ts";
import { SEED_INPUTS } from "./guest-inputs.ts";

type Inputs = Readonly<Record<string, unknown>>;

/**
 * What a person should know of a replacement for nothing but what the guest is told; undefined for any other plan: there,
 * `onUserDataChange` would keep no machine.
 *
 * @param replaces - the inputs because of which the machine is replaced
 */
export function retoldWarning(replaces: readonly string[]): string | undefined {
  if (replaces.length === 0 || !replaces.every(isTold)) return undefined;
  return `A new machine is made, because a guest reads ${listed(replaces)} only when it first boots. \`onUserDataChange: "ignore"\` keeps the machine that is there.`;
}

/**
 * What a person may like to know where the program tells the guest something else than it did the last time, and nothing
 * comes of it.
 *
 * @param before - the inputs of the resource as they were the last time, which are not what its guest was told
 */
export function ignoredNote(before: Inputs, news: Inputs, unknown: ReadonlySet<string>): string | undefined {
  if (news.onUserDataChange !== "ignore" || diffInstance(before, news, unknown).replaces.length > 0) return undefined;
  const changed = SEED_INPUTS.filter(
    (name) => !unknown.has(name) && !isDeepStrictEqual(presentOf(before[name]), presentOf(news[name])),
  );
  if (changed.length === 0) return undefined;
  return `The machine keeps what its guest was told when it first booted: ${listed(changed)} changed, and \`onUserDataChange\` is "ignore". The next machine is told what the program says.`;
}

function isTold(property: string): boolean {
  return (SEED_INPUTS as readonly string[]).includes(property);
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
