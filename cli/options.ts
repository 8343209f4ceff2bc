import { InvalidArgumentError } from "commander";
import { LabelKey } from "../contract/patterns.ts";
import type { CheckResult } from "../provider/check.ts";
import { InvalidInputError } from "../provider/errors.ts";

/**
 * Reads one `key=value` and adds it to those before it; what comes later wins.
 *
 * @throws InvalidArgumentError when the text is no label
 */
export function addLabel(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [key, ...value] = text.split("=");
  if (value.length === 0) throw new InvalidArgumentError('It must be a label such as "team=shop".');
  const parsed = LabelKey.safeParse(key);
  if (!parsed.success) {
    throw new InvalidArgumentError(`The label's key ${JSON.stringify(key)} ${parsed.error.issues[0]?.message}.`);
  }
  return { ...before, [parsed.data]: value.join("=") };
}

/** @throws InvalidArgumentError when the text is no whole number from 1 on */
export function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number, 1 or more.");
}

/** @throws InvalidArgumentError when the text is no whole number */
export function parseWhole(text: string): number {
  if (/^-?[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

/**
 * Says all that a check found wrong, by the names that a command line has for it.
 *
 * @param names - what an argument is called, where that is not its own name as an option
 * @throws InvalidInputError where there is any
 */
export function refuse(
  what: string,
  failures: CheckResult["failures"],
  names: Readonly<Record<string, string>> = {},
): void {
  if (failures.length === 0) return;
  const lines = failures.map(({ property, reason }) => `${names[property] ?? optionOf(property)}: ${reason}`);
  throw new InvalidInputError({ what, why: lines.join("\n  ") });
}

/** `machineType` is `--machine-type` on a command line. */
function optionOf(property: string): string {
  return `--${property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
