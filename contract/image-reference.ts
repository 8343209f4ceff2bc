import { z } from "zod";
import { Digest, ImageName } from "./patterns.ts";

/** An image by name and content: `name@sha256:<digest>`. The digest decides, the name is for people. */
export interface ImageReference {
  readonly name: string;
  readonly digest: string;
}

/** Parses `name@sha256:<digest>`; fails with what is wrong about which half. */
export const ImageReferenceText = z.string().transform((text, context): ImageReference => {
  const [name = "", digest, ...rest] = text.split("@sha256:");
  if (digest === undefined || rest.length > 0) {
    context.addIssue({ code: "custom", message: `must look like name@sha256:<64 hexadecimal digits>` });
    return z.NEVER;
  }
  for (const half of [ImageName.safeParse(name), Digest.safeParse(digest)]) {
    if (!half.success) {
      context.addIssue({ code: "custom", message: half.error.issues[0]?.message ?? "is malformed" });
      return z.NEVER;
    }
  }
  return { name, digest };
});

/** Renders a reference as the text that {@link ImageReferenceText} parses. */
export function formatImageReference(reference: ImageReference): string {
  return `${reference.name}@sha256:${reference.digest}`;
}
