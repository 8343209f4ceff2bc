import * as pulumi from "@pulumi/pulumi";
import { timeoutSeconds } from "./durations.ts";

/**
 * What the provider needs to know and Pulumi's host does not tell it: who asks, and for how long. Not part of what a
 * resource is, so neither is ever a reason to replace one.
 */
export function hostInputs(type: string, name: string, opts: pulumi.CustomResourceOptions): pulumi.Inputs {
  return { resourceUrn: pulumi.createUrn(name, type, opts.parent), timeouts: timeoutSeconds(opts.customTimeouts) };
}
