import type { InstanceSpec } from "../../../contract/instance-spec.ts";

/** What is asked for by a job of these tests. */
export const SPEC: InstanceSpec = {
  name: "web",
  image: `small@sha256:${"a".repeat(64)}`,
  profile: "small",
  size: { memoryMiB: 512, vcpus: 1 },
  network: "default",
  macAddress: "02:00:00:00:00:01",
  labels: {},
  gracefulStop: false,
};
