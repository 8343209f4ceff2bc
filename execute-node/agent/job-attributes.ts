import { parseClassAdLines } from "../../contract/classad.ts";
import { ATTRIBUTE } from "../../contract/job-ad.ts";
import { Refusal } from "./refusal.ts";

/** Our attributes by their names in lower case, in which ads are read. */
const OURS: ReadonlyMap<string, string> = new Map(Object.values(ATTRIBUTE).map((name) => [name.toLowerCase(), name]));

/** How many names a refusal lists. */
const NAMES_MAX = 5;

/**
 * Refuses a job ad that says anything to the agent but literals of attributes of the contract. An expression could mean
 * one thing here and another where the ad was checked before; an attribute that we do not know could mean something to a
 * later version; of one that is there twice nobody can say which counts.
 *
 * @param adText - the part of the ad that the agent reads, one attribute a line
 * @throws Refusal naming the attributes
 */
export function refuseForeignAttributes(adText: string): void {
  if ("vm_xml" in parseClassAdLines(adText) || /^\s*VM_XML\s*=/im.test(adText)) {
    throw new Refusal("The job carries VM_XML. Nodes of Condor Cloud build the domain themselves; submit without it.");
  }
  const assignments = adText.split("\n").flatMap(assignmentOf);
  refuse(
    assignments.filter(({ name }) => /^cloud/i.test(name) && !OURS.has(name.toLowerCase())),
    "which this version of Condor Cloud does not know. Attributes that begin with Cloud are its own; submit the job without",
  );
  refuse(
    assignments.filter(({ isExpression }) => isExpression),
    "which is no plain value. A node evaluates no expression of a job; submit it with a value for",
  );
  const seen = new Set<string>();
  refuse(
    assignments.filter(({ name }) => seen.size === seen.add(name.toLowerCase()).size),
    "twice. Submit it with one value for",
  );
}

interface Assignment {
  readonly name: string;
  readonly isExpression: boolean;
}

function assignmentOf(line: string): Assignment[] {
  const equals = line.indexOf("=");
  if (equals < 0) return [];
  const isLiteral =
    Object.keys(parseClassAdLines(line)).length > 0 || /^undefined$/i.test(line.slice(equals + 1).trim());
  return [{ name: line.slice(0, equals).trim(), isExpression: !isLiteral }];
}

function refuse(assignments: readonly Assignment[], why: string): void {
  if (assignments.length === 0) return;
  const names = [...new Set(assignments.map(({ name }) => name.slice(0, 60)))];
  const listed = names.slice(0, NAMES_MAX).join(", ") + (names.length > NAMES_MAX ? " and others" : "");
  throw new Refusal(`The job carries ${listed}, ${why} ${names.length === 1 ? "it" : "them"}.`);
}
