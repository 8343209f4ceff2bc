import { networkPartOf } from "../address/check.ts";
import { foreseeAddresses } from "../address/foresee.ts";
import { givenMacsOf, wishesOf } from "../address/wishes.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { isOtherKind, type Kind } from "./kinds.ts";
import { memberUrnOf } from "./overrides.ts";

/**
 * What a preview can say of the addresses of members that are to be made, or whose override says others, as
 * `foreseeAddresses` does of one machine; what many members have to say is one warning.
 */
export async function foreseeMembers(
  kinds: readonly Kind[],
  context: Context,
  warn: (message: string) => void,
): Promise<CheckResult["failures"]> {
  const members = kinds.filter(asksForAddresses).flatMap((kind) => namesOf(kind).map((name) => ({ kind, name })));
  const warnings: string[] = [];
  const failures = await Promise.all(
    members.map(async ({ kind: { inputs, override }, name }) => {
      const machine = { ...inputs, resourceUrn: memberUrnOf(inputs.resourceUrn, name) };
      const found = await foreseeAddresses(machine, context, (message) => warnings.push(`${name}: ${message}`));
      if (override === undefined) return found;
      return found.map(({ property, reason }) => ({ property: "overrides", reason: `${name}.${property}: ${reason}` }));
    }),
  );
  const [warning] = warnings;
  const others = warnings.length > 1 ? `\n  ${warnings.length - 1} more members have the like to say.` : "";
  if (warning !== undefined) warn(`${warning}${others}`);
  return failures.flat().slice(0, 1);
}

function asksForAddresses({ inputs }: Kind): boolean {
  const wired = networkPartOf(inputs);
  return wired !== undefined && wishesOf(wired).length + givenMacsOf(wired).size > 0;
}

/** The members of a kind whose addresses are to be found. */
function namesOf(kind: Kind): readonly string[] {
  if (kind.added.length > 0 || kind.override === undefined) return kind.added;
  return isOtherKind(kind) ? [kind.override] : [];
}
