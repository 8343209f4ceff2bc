import { XMLBuilder } from "fast-xml-parser";
import type { ImageFormat, ImageManifest } from "../../contract/image-manifest.ts";
import type { NodeNetwork } from "../configuration.ts";

/** The XML namespace of our element in a domain's metadata. */
export const METADATA_NAMESPACE = "urn:pulumi-condor:instance:1";

/** Everything that goes into a domain: parsed values and paths of the agent's own, nothing of the job's text. */
export interface Domain {
  /** The name that vm-gahp looks it up by. */
  readonly name: string;
  readonly globalJobId: string;
  readonly acceleration: "kvm" | "qemu";
  readonly architecture: ImageManifest["architecture"];
  readonly emulatorFolder: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** The overlay, a qcow2 file. */
  readonly diskPath: string;
  /** The image that the overlay backs onto. */
  readonly image: { readonly path: string; readonly format: ImageFormat };
  readonly consolePath: string;
  readonly network: NodeNetwork;
  readonly macAddress: string;
  readonly vncListen: string;
}

/**
 * The domain as libvirt's XML, on one line, because vm-gahp joins the lines it reads.
 *
 * The disk chain is written out, so QEMU follows no path of a qcow2 header. `cache='unsafe'` ignores the guest's
 * flushes: right here and only here, because an overlay never outlives its domain, so no crash of the machine is
 * survived by a disk that could have lost them. The network card has no boot ROM: waiting for PXE takes seconds.
 */
export function domainXml(domain: Domain): string {
  return render({
    domain: {
      "@_type": domain.acceleration,
      name: domain.name,
      metadata: {
        "cloud:instance": { "@_xmlns:cloud": METADATA_NAMESPACE, "@_globalJobId": domain.globalJobId },
      },
      memory: { "@_unit": "MiB", "#text": String(domain.memoryMiB) },
      vcpu: String(domain.vcpus),
      os: { type: { "@_arch": domain.architecture, "@_machine": "pc", "#text": "hvm" } },
      features: {
        acpi: "",
        apic: "",
        // QEMU's own choice of translation cache grows to a gigabyte for each emulated machine.
        ...(domain.acceleration === "qemu" ? { tcg: { "tb-cache": { "@_unit": "MiB", "#text": "64" } } } : {}),
      },
      // A machine here never migrates, so it may have all that the processor offers.
      ...(domain.acceleration === "kvm" ? { cpu: { "@_mode": "host-passthrough" } } : {}),
      clock: { "@_offset": "utc" },
      on_poweroff: "destroy",
      on_reboot: "restart",
      on_crash: "destroy",
      devices: {
        emulator: `${domain.emulatorFolder}/qemu-system-${domain.architecture === "i686" ? "i386" : "x86_64"}`,
        disk: {
          "@_type": "file",
          "@_device": "disk",
          driver: { "@_name": "qemu", "@_type": "qcow2", "@_cache": "unsafe", "@_discard": "unmap" },
          source: { "@_file": domain.diskPath },
          backingStore: {
            "@_type": "file",
            format: { "@_type": domain.image.format },
            source: { "@_file": domain.image.path },
            backingStore: "",
          },
          target: { "@_dev": "vda", "@_bus": "virtio" },
          boot: { "@_order": "1" },
        },
        interface: {
          ...networkSource(domain.network),
          mac: { "@_address": domain.macAddress },
          model: { "@_type": "virtio" },
          rom: { "@_enabled": "no" },
        },
        serial: { "@_type": "file", source: { "@_path": domain.consolePath }, target: { "@_port": "0" } },
        channel: { "@_type": "unix", target: { "@_type": "virtio", "@_name": "org.qemu.guest_agent.0" } },
        graphics: { "@_type": "vnc", "@_port": "-1", "@_autoport": "yes", "@_listen": domain.vncListen },
        video: { model: { "@_type": "vga" } },
        rng: { "@_model": "virtio", backend: { "@_model": "random", "#text": "/dev/urandom" } },
        memballoon: { "@_model": "none" },
        controller: { "@_type": "usb", "@_model": "none" },
      },
    },
  });
}

function networkSource(network: NodeNetwork) {
  return "libvirt" in network
    ? { "@_type": "network", source: { "@_network": network.libvirt } }
    : { "@_type": "bridge", source: { "@_bridge": network.bridge } };
}

function render(document: object): string {
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@_",
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
  });
  return builder.build(document);
}
