import { type ClassAdValue, classAdLiteral } from "../../contract/classad.ts";
import { Expression } from "../../contract/placement.ts";

/** A value that an attribute of a job is given: a literal, or an expression that HTCondor evaluates. */
export type AttributeValue = ClassAdValue | { readonly expression: string };

/** What closes what. */
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** A text or a quoted name, with its quotes; what is not closed is none. */
const QUOTED = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/;

/**
 * Why a text cannot be an expression that becomes part of what HTCondor reads; undefined where it can. It is not parsed
 * here, HTCondor does that: it is only made sure that whatever it is, it stays within its bounds.
 */
export function expressionFault(text: string): string | undefined {
  const form = Expression.safeParse(text);
  if (!form.success) return form.error.issues[0]?.message ?? "is malformed";
  // Of a job's texts HTCondor puts the slot's values in place of these when it is matched, and submission knows no escape.
  if (text.includes("$$")) return "must not contain $$";
  const open: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const [first = ""] = rest;
    const quoted = QUOTED.exec(rest)?.[0];
    if (quoted === undefined && (first === '"' || first === "'")) return `has a ${first} that is not closed`;
    if (quoted === undefined && first === "\\") return "has a \\ outside of a text";
    if (rest.startsWith("//") || rest.startsWith("/*")) return "has a comment";
    if (first in CLOSING) open.push(CLOSING[first] ?? "");
    if (")]}".includes(first) && open.pop() !== first) return `has a ${first} that closes nothing`;
    rest = rest.slice(quoted?.length ?? 1);
  }
  const missing = open.pop();
  return missing === undefined ? undefined : `lacks a ${missing}`;
}

/**
 * A person's expression as the value of a submit description's command, one line that HTCondor takes for what it is:
 * macros (`$(X)`, `$ENV(HOME)`) are none, and it ends nowhere but at its end (HTCondor manual, "condor_submit", macros:
 * `$(DOLLAR)` stands for `$`).
 */
export function submitExpression(text: string): string {
  return sound(text).replaceAll("$", "$(DOLLAR)");
}

/** The value of an attribute as `condor_qedit` takes it, which knows no macros. */
export function editValue(value: AttributeValue): string {
  return typeof value === "object" ? sound(value.expression) : classAdLiteral(value);
}

function sound(text: string): string {
  const fault = expressionFault(text);
  if (fault !== undefined) throw new TypeError(`Not an expression: ${JSON.stringify(text)} ${fault}`);
  return text.trim();
}
