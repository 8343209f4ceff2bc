import { type ImageManifest, machineTypeOf } from "../../contract/image-manifest.ts";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { ImageName } from "../../contract/patterns.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import { storeOf } from "./store-of.ts";

/** The store has no such image. */
export class NoSuchImageError extends CloudError {
  readonly code = "not-found";
}

/**
 * The image that a person means: by its name, or by its reference, also when its name stands for another by now.
 *
 * @throws NoSuchImageError saying which there are; DamagedManifestError
 */
export async function findImage(meant: string, context: Context): Promise<ImageManifest> {
  const store = storeOf(context);
  const reference = ImageReferenceText.safeParse(meant).data;
  const name = reference?.name ?? ImageName.safeParse(meant).data;
  const found = name === undefined ? undefined : await store.find(name, reference?.digest);
  if (found !== undefined) return { ...found, machineType: machineTypeOf(found) };
  const names = (await store.list()).map((image) => image.name);
  throw new NoSuchImageError({
    what: `The image store has no image ${JSON.stringify(meant)}.`,
    why: names.length === 0 ? "It is empty." : `It has ${names.join(", ")}.`,
  });
}
