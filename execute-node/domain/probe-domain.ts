import { XMLBuilder } from "fast-xml-parser";
import type { NodeNetwork } from "../configuration.ts";
import { networkSource } from "./domain-xml.ts";

/** The name of the domain by which the agent finds out whether machines can start here. */
export const PROBE_NAME = "condor-cloud-probe";

/**
 * A domain that has what every machine needs of its node, emulator and networks, and nothing of a machine: no disk, and
 * it is created paused, so that no instruction of it ever runs.
 */
export function probeXml(
  acceleration: "kvm" | "qemu",
  emulatorFolder: string,
  networks: readonly NodeNetwork[],
): string {
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@_", suppressEmptyNode: true });
  return builder.build({
    domain: {
      "@_type": acceleration,
      name: PROBE_NAME,
      memory: { "@_unit": "MiB", "#text": "16" },
      vcpu: "1",
      os: { type: { "@_arch": "x86_64", "#text": "hvm" } },
      on_poweroff: "destroy",
      on_crash: "destroy",
      devices: {
        emulator: `${emulatorFolder}/qemu-system-x86_64`,
        interface: networks.map((network) => ({
          ...networkSource(network),
          model: { "@_type": "virtio" },
          rom: { "@_enabled": "no" },
        })),
        memballoon: { "@_model": "none" },
        controller: { "@_type": "usb", "@_model": "none" },
      },
    },
  });
}
