import { isDeepStrictEqual } from "node:util";
import { machineTypeOf } from "../../contract/image-manifest.ts";
import { ImageArguments, type ImageInputs } from "./inputs.ts";

/** What a change of an image comes to. */
export interface ImageDiff {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

type Properties = Readonly<Record<string, unknown>>;

/** One compared input: the argument that a person changed when it differs, and what its absence means. */
interface Compared {
  readonly argument: string;
  readonly absent: (properties: Properties) => unknown;
}

/**
 * What is compared. Everything replaces: an update in place would make every output unknown in the preview, and so
 * every machine of the image look changed. The source's path is not compared: what counts is what the file holds.
 */
const COMPARED: Readonly<Record<Exclude<keyof ImageInputs, "source">, Compared>> = {
  digest: { argument: "source", absent: () => undefined },
  name: { argument: "name", absent: () => undefined },
  architecture: { argument: "architecture", absent: () => "x86_64" },
  firmware: { argument: "firmware", absent: () => "bios" },
  machineType: { argument: "machineType", absent: usualMachineType },
  description: { argument: "description", absent: () => "" },
  labels: { argument: "labels", absent: () => ({}) },
};

/** What an image boots on whose state or program names no machine type. */
function usualMachineType({ architecture }: Properties): unknown {
  const parsed = ImageArguments.shape.architecture.safeParse(architecture);
  return parsed.success ? machineTypeOf({ architecture: parsed.data }) : undefined;
}

/**
 * Compares an image in the state with what is asked for.
 *
 * @param unknown - the arguments whose values a preview does not know yet: a change, but never a replacement
 */
export function diffImage(olds: Properties, news: Properties, unknown: ReadonlySet<string>): ImageDiff {
  const replaces = new Set<string>();
  for (const [property, { argument, absent }] of Object.entries(COMPARED)) {
    if (unknown.has(argument)) continue;
    const [before, now] = [olds, news].map((properties) => properties[property] ?? absent(properties));
    // Nothing is said about what follows from a value that is not known yet.
    if (now === undefined || isDeepStrictEqual(before, now)) continue;
    replaces.add(argument).add(property);
  }
  const undecided = Object.values(COMPARED).some(({ argument }) => unknown.has(argument));
  // Not deleted first: the successor takes over the name before the predecessor goes, so machines find their image.
  return { changes: replaces.size > 0 || undecided, replaces: [...replaces], deleteBeforeReplace: false };
}
