/** Condor Cloud for Pulumi: an HTCondor pool as a private cloud of virtual machines. */
export type { MachineSize } from "../contract/profiles.ts";
export { type Architecture, CondorImage, type CondorImageArgs } from "./condor-image.ts";
export { CondorInstance, type CondorInstanceArgs } from "./condor-instance.ts";
