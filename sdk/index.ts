/** Condor Cloud for Pulumi: an HTCondor pool as a private cloud of virtual machines. */
export type { MachineSize } from "../contract/profiles.ts";
export type { CloudErrorCode } from "../provider/errors.ts";
export { CondorFleet, type FleetMember } from "./condor-fleet.ts";
export {
  type Architecture,
  CondorImage,
  type CondorImageArgs,
  type Firmware,
  type MachineType,
} from "./condor-image.ts";
export { CondorInstance, type CondorInstanceArgs } from "./condor-instance.ts";
export { type CloudErrorLike, isCloudError } from "./errors.ts";
export type { CondorFleetArgs, MemberOverrideArgs, UpdateStrategy, UpdateStrategyArgs } from "./fleet-args.ts";
export {
  type GetImagesArgs,
  type GetInstancesArgs,
  getImages,
  getImagesOutput,
  getInstances,
  getInstancesOutput,
  getNodes,
  getNodesOutput,
  type ImageInfo,
  type InstanceInfo,
  type NodeInfo,
} from "./lookups.ts";
export type {
  Document,
  MachineArgs,
  NetworkInterface,
  NetworkInterfaceArgs,
  WaitFor,
  WaitForArgs,
  WatchdogAction,
} from "./machine-args.ts";
