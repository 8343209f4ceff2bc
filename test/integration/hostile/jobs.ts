import { macAddressOf } from "../../../contract/instance-spec.ts";
import type { CloudJob } from "../../../contract/job-ad.ts";
import { submitDescription } from "../../../provider/htcondor/submit-description.ts";

/** The least memory with which the small guest boots, in MiB. */
const MEMORY_MIB = 96;

/** A job such as the provider submits, for an image such as `guest@sha256:<digest>`. */
export function honestJob(name: string, image: string, changes: Partial<CloudJob["spec"]> = {}): CloudJob {
  return {
    key: `hostile/test/instance/${name}`,
    spec: {
      name,
      image,
      profile: "custom",
      size: { memoryMiB: MEMORY_MIB, vcpus: 1 },
      network: "default",
      macAddress: macAddressOf(`hostile:${name}`),
      labels: {},
      gracefulStop: false,
      ...changes,
    },
    imageNeeds: { architecture: "x86_64", firmware: "bios", cacheMiB: 32, diskMiB: 500 },
    acknowledged: true,
    deadline: Math.floor(Date.now() / 1000) + 3600,
  };
}

/**
 * The submit description of an honest job with an attacker's lines in it: a later line of a description wins over an
 * earlier one.
 *
 * @param without - beginnings of lines that the attacker leaves out
 */
export function tampered(job: CloudJob, lines: readonly string[], without: readonly string[] = []): string {
  const all = submitDescription([job]).split("\n");
  const queue = all.findIndex((line) => line.startsWith("queue "));
  const kept = all.slice(0, queue).filter((line) => !without.some((beginning) => line.startsWith(beginning)));
  return [...kept, ...lines, ...all.slice(queue)].join("\n");
}
