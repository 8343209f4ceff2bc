import * as pulumi from "@pulumi/pulumi";
import type { Context } from "../provider/context.ts";
import type { ImageView } from "../provider/image/list.ts";
import type { InstanceView } from "../provider/instance/view.ts";
import type { NodeView } from "../provider/node/list.ts";

/** An image in the pool's store. */
export type ImageInfo = ImageView;

/** A machine in the pool. */
export type InstanceInfo = InstanceView;

/** An execute node of the pool. */
export type NodeInfo = NodeView;

/** Which images {@link getImages} answers; what is absent narrows nothing. */
export interface GetImagesArgs {
  /** The image's name in the store. */
  name?: string;
  /** Labels that an image must have, each with this very value. */
  labels?: Record<string, string>;
}

/** Which machines {@link getInstances} answers; what is absent narrows nothing. */
export interface GetInstancesArgs {
  /** The machine's name. */
  name?: string;
  /** Labels that a machine must have, each with this very value. */
  labels?: Record<string, string>;
  /** What the machine does, such as `running`. */
  state?: string;
  /** The account that submitted it. */
  owner?: string;
}

/**
 * The images in the store, by name.
 *
 * Reads the store that the stack's configuration names, each time that it is called, in previews too. Its errors carry
 * a `code` for programs ({@link isCloudError}).
 */
export async function getImages(args: GetImagesArgs = {}): Promise<ImageInfo[]> {
  return await look(async (context) => {
    const { listImages } = await import("../provider/image/list.ts");
    const { matches } = await import("../provider/filter.ts");
    return (await listImages(context)).filter((image) => matches(args, image));
  });
}

/** {@link getImages} with arguments that may be outputs. */
export function getImagesOutput(args: pulumi.Input<pulumi.Unwrap<GetImagesArgs>> = {}): pulumi.Output<ImageInfo[]> {
  return pulumi.output(args).apply((known) => getImages(known));
}

/**
 * The machines that live in the pool's queue, of every stack and owner, by name. One query of the queue and one of the
 * collector. Its errors carry a `code` for programs ({@link isCloudError}).
 *
 * @example
 * ```ts
 * const workers = await getInstances({ labels: { role: "worker" }, state: "running" });
 * ```
 */
export async function getInstances(args: GetInstancesArgs = {}): Promise<InstanceInfo[]> {
  return await look(async (context) => {
    const { listInstances } = await import("../provider/instance/list.ts");
    const { matches } = await import("../provider/filter.ts");
    return (await listInstances(context)).filter((instance) => matches(args, instance));
  });
}

/** {@link getInstances} with arguments that may be outputs. */
export function getInstancesOutput(
  args: pulumi.Input<pulumi.Unwrap<GetInstancesArgs>> = {},
): pulumi.Output<InstanceInfo[]> {
  return pulumi.output(args).apply((known) => getInstances(known));
}

/**
 * The execute nodes that report to the pool, by name: what they can take, what is free, which images they have. One
 * query of the collector. Its errors carry a `code` for programs ({@link isCloudError}).
 */
export async function getNodes(): Promise<NodeInfo[]> {
  return await look(async (context) => {
    const { listNodes } = await import("../provider/node/list.ts");
    return await listNodes(context);
  });
}

/** {@link getNodes} as an output. */
export function getNodesOutput(): pulumi.Output<NodeInfo[]> {
  return pulumi.output(getNodes());
}

/** Asks what the configuration of the program's stack leads to; a pool that is silent is asked again for a while. */
async function look<T>(step: (context: Context) => Promise<T>): Promise<T> {
  const { openContext } = await import("../provider/context.ts");
  const { readSettings, SettingsInput } = await import("../provider/settings.ts");
  const { Operation } = await import("../provider/operation.ts");
  const { PATIENCE_SECONDS, patiently } = await import("../provider/patience.ts");
  const { configuredBy } = await import("./configured.ts");
  const configuration = new pulumi.Config("condor");
  const context = openContext(readSettings(configuredBy(SettingsInput, (name) => configuration.get(name))));
  const operation = new Operation({ timeoutSeconds: PATIENCE_SECONDS });
  return await patiently(operation, "a look-up", () => step(context));
}
