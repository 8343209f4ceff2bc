import { type ImageManifest, machineTypeOf } from "../../contract/image-manifest.ts";
import { formatImageReference, ImageReferenceText } from "../../contract/image-reference.ts";
import type { Context } from "../context.ts";
import { imageUsers } from "../instance/list.ts";
import type { Operation } from "../operation.ts";
import { DamagedManifestError } from "../store/errors.ts";
import { ImageInputs, ImageState } from "./inputs.ts";
import { findSourceFile } from "./source.ts";
import { storeOf } from "./store-of.ts";

const BYTES_PER_GIB = 1024 ** 3;

type State = Readonly<Record<string, unknown>>;

/** An image as the host records it: its id is its reference, its outputs are its inputs and what the store found. */
export interface RecordedImage {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
}

/**
 * Adds the image to the store under its name, with the content that the check saw.
 *
 * @throws InvalidInputError when the source changed since; StoreError when the store refuses
 */
export async function createImage(inputs: State, context: Context, operation: Operation): Promise<RecordedImage> {
  const { source, digest, ...description } = ImageInputs.parse(inputs);
  const manifest = await storeOf(context).put(await findSourceFile(source), description, operation, digest);
  return record(inputs, manifest);
}

/**
 * Says what the store holds, having read all of it: undefined when the image's manifest or its bytes are missing or
 * damaged, so that the next `pulumi up` puts them back.
 *
 * @throws StoreError when the store itself cannot be read: that is not "gone"
 */
export async function readImage(
  id: string,
  state: State,
  context: Context,
  operation: Operation,
): Promise<RecordedImage | undefined> {
  const { name, digest } = ImageReferenceText.parse(id);
  const store = storeOf(context);
  const manifest = await store.find(name, digest).catch((error: unknown) => {
    if (error instanceof DamagedManifestError) return undefined;
    throw error;
  });
  if (manifest === undefined) return undefined;
  if ((await store.verify(digest, operation)) !== "intact") return undefined;
  // Another stack may have added the same image since; this resource takes back its own adding only.
  const { createdAt } = ImageState.parse(state);
  return record(state, { ...manifest, createdAt });
}

/**
 * Takes the image out of the store.
 *
 * @throws InUseError when machines need the bytes that would go, or whatever says that the pool cannot tell
 */
export async function deleteImage(id: string, state: State, context: Context): Promise<void> {
  const image = { ...ImageReferenceText.parse(id), ...ImageState.parse(state) };
  await storeOf(context).remove(image, async (digest) => {
    const users = await imageUsers(context, digest);
    return users.map((user) => `${user.name} (${user.jobId})`);
  });
}

/** The stamp only spares the check a reading; as an output it would show as a difference of its own. */
function record({ sourceStamp: _, ...inputs }: State, manifest: ImageManifest): RecordedImage {
  const reference = formatImageReference(manifest);
  const { format, sizeBytes, digest, name, architecture, firmware, description, labels, createdAt } = manifest;
  return {
    id: reference,
    outputs: {
      ...inputs,
      name,
      architecture,
      firmware,
      machineType: machineTypeOf(manifest),
      description,
      labels,
      reference,
      digest,
      format,
      virtualSizeGiB: manifest.virtualSizeBytes / BYTES_PER_GIB,
      sizeBytes,
      createdAt,
    },
  };
}
