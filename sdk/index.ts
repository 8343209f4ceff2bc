/** Condor Cloud for Pulumi: an HTCondor pool as a private cloud of virtual machines. */
export type { MachineSize } from "../contract/profiles.ts";
export {
  type Architecture,
  CondorImage,
  type CondorImageArgs,
  type Firmware,
  type MachineType,
} from "./condor-image.ts";
export {
  CondorInstance,
  type CondorInstanceArgs,
  type WaitFor,
  type WaitForArgs,
  type WatchdogAction,
} from "./condor-instance.ts";
