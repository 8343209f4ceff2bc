import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ImageManifest } from "../contract/image-manifest.ts";
import { hostInputs } from "./host-inputs.ts";

const TYPE = "pulumi-nodejs:dynamic/condor:Image";

/** The text that Pulumi keeps in the state to find the provider's code again; it must work for ever. */
const PROVIDER = 'exports.handler = () => require("pulumi-condor/dynamic").image;';

/** The architecture of a guest, in libvirt's words. */
export type Architecture = ImageManifest["architecture"];

/** How a guest's firmware looks for its system. */
export type Firmware = ImageManifest["firmware"];

/** The machine that QEMU shows a guest. */
export type MachineType = NonNullable<ImageManifest["machineType"]>;

/** What a {@link CondorImage} is made of. */
export interface CondorImageArgs {
  /**
   * The disk image: the path of a qcow2 or raw file, or of a folder that holds exactly one (`.qcow2`, `.raw`, `.img`);
   * a relative path counts from the program's folder. What the file holds decides: a changed content replaces the
   * image, a moved file changes nothing.
   */
  source: pulumi.Input<string | pulumi.asset.FileAsset>;
  /**
   * The image's name in the store, lower-case letters and digits joined by `.`, `_` or `-`, at most 128 characters.
   * Default: the resource's name. A name that is a Pulumi secret stays one as `name`, but stands in clear in `reference`
   * and in the resource's id; `additionalSecretOutputs: ["reference"]` hides the former, nothing hides the latter.
   */
  name?: pulumi.Input<string>;
  /** The guest's architecture. Default: `x86_64`. */
  architecture?: pulumi.Input<Architecture>;
  /**
   * How the guest's firmware looks for its system: `bios` in the boot sector, `uefi` in an EFI partition. `uefi` is for
   * `x86_64` alone, and machines of such an image start on execute nodes that have UEFI firmware. Default: `bios`.
   */
  firmware?: pulumi.Input<Firmware>;
  /**
   * The machine that QEMU shows the guest: `q35` with PCI Express, or `pc`, which old systems know. Default: `q35` for
   * `x86_64`, `pc` for `i686`.
   */
  machineType?: pulumi.Input<MachineType>;
  /** Free text for people, at most 4096 characters. Default: none. */
  description?: pulumi.Input<string>;
  /** Free text by key, for people and programs; at most 16 KiB together. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A disk image in the pool's image store, from which instances boot.
 *
 * The store is the folder that `condor:store` (or `CONDOR_CLOUD_STORE`) names and that the execute nodes read. The
 * image stays there until nothing uses it: it is not removed while a machine still needs it.
 *
 * @example
 * ```ts
 * const debian = new CondorImage("debian", { source: "./debian-13.qcow2" });
 * const web = new CondorInstance("web", { image: debian.reference });
 * ```
 */
export class CondorImage extends pulumi.CustomResource {
  /** `name@sha256:<digest>`: what an instance takes as its `image`. */
  declare readonly reference: pulumi.Output<string>;
  /** The SHA-256 of the content, 64 hexadecimal digits. */
  declare readonly digest: pulumi.Output<string>;
  /** `qcow2` or `raw`. */
  declare readonly format: pulumi.Output<ImageManifest["format"]>;
  /** The size of the disk that a guest sees, in GiB; not always a whole number. */
  declare readonly virtualSizeGiB: pulumi.Output<number>;
  /** The size of the file in the store, in bytes. */
  declare readonly sizeBytes: pulumi.Output<number>;
  /** When this resource added the image to the store: ISO 8601, UTC. */
  declare readonly createdAt: pulumi.Output<string>;
  /** The absolute path of the source when the image was added. */
  declare readonly source: pulumi.Output<string>;
  /** The image's name in the store. */
  declare readonly name: pulumi.Output<string>;
  /** The guest's architecture. */
  declare readonly architecture: pulumi.Output<Architecture>;
  /** How the guest's firmware looks for its system. */
  declare readonly firmware: pulumi.Output<Firmware>;
  /** The machine that QEMU shows the guest. */
  declare readonly machineType: pulumi.Output<MachineType>;
  /** Free text for people; empty when there is none. */
  declare readonly description: pulumi.Output<string>;
  /** Free text by key; empty when there is none. */
  declare readonly labels: pulumi.Output<Record<string, string>>;

  /**
   * @param name - the resource's name, unique among the images of the program
   * @param args - what the image is made of
   * @param opts - Pulumi's options; `customTimeouts` bound each operation, which otherwise takes as long as it takes
   */
  constructor(name: string, args: CondorImageArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(
      TYPE,
      name,
      {
        reference: undefined,
        digest: undefined,
        format: undefined,
        virtualSizeGiB: undefined,
        sizeBytes: undefined,
        createdAt: undefined,
        name: undefined,
        architecture: undefined,
        firmware: undefined,
        machineType: undefined,
        description: undefined,
        labels: undefined,
        ...args,
        source: pulumi.output(args.source).apply(pathOf),
        ...hostInputs(TYPE, name, opts),
        __provider: PROVIDER,
      },
      opts,
    );
  }
}

/** The absolute path, because the provider runs in a folder of its own choice. */
async function pathOf(source: string | { readonly path: string | Promise<string> }): Promise<string> {
  const path = typeof source === "string" ? source : await source.path;
  // Resolved, no path at all would become the program's folder; the check says that it is none.
  return path === "" ? path : resolve(path);
}
