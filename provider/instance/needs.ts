import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { InstanceSpec } from "../../contract/instance-spec.ts";
import type { ImageNeeds } from "../../contract/job-ad.ts";
import { diskMiB } from "../htcondor/submit-description.ts";

/** What a machine needs of a node. What only its image tells is undefined where that is not known yet. */
export interface Needs {
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly networks: readonly string[];
  readonly architecture?: string | undefined;
  readonly firmware?: string | undefined;
  /** What its disk can grow to. */
  readonly diskMiB?: number | undefined;
  /** The digest of its image, and what that takes in a cache that does not have it. */
  readonly image?: { readonly digest: string; readonly cacheMiB: number } | undefined;
}

/** What a machine says that it needs: a job says all of it, a preview what it knows. */
export interface Asking {
  readonly spec: Pick<InstanceSpec, "size" | "network"> & {
    readonly interfaces?: Readonly<Record<string, { readonly network: string }>> | undefined;
    readonly image?: string;
  };
  /** Undefined where the image is not known yet. */
  readonly imageNeeds?: ImageNeeds | undefined;
}

/** What a machine needs of a node. */
export function needsOf({ spec, imageNeeds }: Asking): Needs {
  const { size, network, interfaces = {}, image } = spec;
  const networks = [...new Set([network, ...Object.values(interfaces).map((each) => each.network)])];
  const { memoryMiB, vcpus } = size;
  if (image === undefined || imageNeeds === undefined) return { memoryMiB, vcpus, networks };
  const { architecture, firmware, cacheMiB } = imageNeeds;
  return {
    ...{ memoryMiB, vcpus, networks, architecture, firmware },
    diskMiB: diskMiB({ spec, imageNeeds }),
    image: { digest: ImageReferenceText.parse(image).digest, cacheMiB },
  };
}
