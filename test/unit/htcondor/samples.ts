import { macAddressOf } from "../../../contract/instance-spec.ts";
import type { CloudJob } from "../../../contract/job-ad.ts";

export const DIGEST = "0123456789abcdef".repeat(4);

/** A machine's job; `change` overrides parts of it. */
export function sampleJob(change: Partial<CloudJob["spec"]> & { key?: string; acknowledged?: boolean } = {}): CloudJob {
  const { key = "shop/dev/condor:Instance/web", acknowledged = false, ...spec } = change;
  return {
    key,
    acknowledged,
    deadline: 1_795_563_000,
    imageNeeds: { architecture: "x86_64", firmware: "bios", cacheMiB: 300, diskMiB: 500 },
    spec: {
      name: "web",
      image: `debian@sha256:${DIGEST}`,
      profile: "small",
      size: { memoryMiB: 512, vcpus: 1 },
      network: "default",
      macAddress: macAddressOf(key),
      labels: {},
      gracefulStop: false,
      ...spec,
    },
  };
}
