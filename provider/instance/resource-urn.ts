import { z } from "zod";

/** `urn:pulumi:<stack>::<project>::<parents' types>$<type>::<name>`; the name may hold anything. */
const URN = /^urn:pulumi:([^:]+)::((?:(?!::).)+)::((?:(?!::).)+)::(.+)$/s;

/** The most that a URN may take: it becomes the job's key, which has a bound of its own. */
const URN_MAX = 1024;

/** Who asks: the URN of a Pulumi resource. */
export const ResourceUrn = z.string().max(URN_MAX).regex(URN, "must be the URN of a Pulumi resource");

/**
 * The key under which a machine's job is found again: `project/stack/type/name`, the parents' types included.
 *
 * @throws ZodError when the text is no URN
 */
export function keyOf(resourceUrn: string): string {
  const [, stack, project, type, name] = URN.exec(ResourceUrn.parse(resourceUrn)) ?? [];
  return [project, stack, type, name].join("/");
}

/**
 * What the keys of all resources of the same stack begin with: `project/stack/`.
 *
 * @throws ZodError when the text is no URN
 */
export function stackOf(resourceUrn: string): string {
  const [, stack, project] = URN.exec(ResourceUrn.parse(resourceUrn)) ?? [];
  return `${project}/${stack}/`;
}

/** The name that the resource has in its program. */
export function logicalNameOf(resourceUrn: string): string {
  return URN.exec(ResourceUrn.parse(resourceUrn))?.[4] ?? "";
}
