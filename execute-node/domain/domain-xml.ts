import { XMLBuilder } from "fast-xml-parser";
import type { Architecture, Firmware, ImageFormat, MachineType } from "../../contract/image-manifest.ts";
import type { WatchdogAction } from "../../contract/instance-spec.ts";
import type { NodeNetwork } from "../configuration.ts";

/** The XML namespace of our element in a domain's metadata. */
export const METADATA_NAMESPACE = "urn:pulumi-condor:instance:1";

/** Everything that goes into a domain: parsed values and paths of the agent's own, nothing of the job's text. */
export interface Domain {
  /** The name that vm-gahp looks it up by. */
  readonly name: string;
  readonly globalJobId: string;
  readonly acceleration: "kvm" | "qemu";
  readonly architecture: Architecture;
  readonly machineType: MachineType;
  readonly firmware: Firmware;
  /** Where UEFI keeps its variables: libvirt makes the file from its firmware's template. */
  readonly nvramPath: string;
  readonly emulatorFolder: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** The overlay, a qcow2 file. */
  readonly diskPath: string;
  /** The image that the overlay backs onto. */
  readonly image: { readonly path: string; readonly format: ImageFormat };
  /** The disk that tells the guest what it is to be, an ISO 9660 file; absent: it has none. */
  readonly seedDiskPath: string | undefined;
  /** The file that the serial console is appended to. */
  readonly consolePath: string;
  /** In the order in which the guest's PCI bus has them. */
  readonly interfaces: readonly { readonly network: NodeNetwork; readonly macAddress: string }[];
  /** Absent: no watchdog. */
  readonly watchdog: WatchdogAction | undefined;
  readonly vncListen: string;
  /** Absent: who reaches the console's port may use it. */
  readonly vncPassword: string | undefined;
}

/**
 * The domain as libvirt's XML, on one line, because vm-gahp joins the lines it reads.
 *
 * The disk chain is written out, so QEMU follows no path of a qcow2 header. `cache='unsafe'` ignores the guest's
 * flushes: right here and only here, because an overlay never outlives its domain, so no crash of the machine is
 * survived by a disk that could have lost them. The network card has no boot ROM: waiting for PXE takes seconds.
 *
 * No seclabel: where SELinux or AppArmor confine machines, the labels and profiles are libvirt's own.
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
      os: operatingSystem(domain),
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
        emulator: emulatorPath(domain.emulatorFolder, domain.architecture),
        disk: [overlayDisk(domain), ...(domain.seedDiskPath === undefined ? [] : [seedDisk(domain.seedDiskPath)])],
        // libvirt gives network cards their places on the PCI bus before all disks, in this order.
        interface: domain.interfaces.map(({ network, macAddress }) => ({
          ...networkSource(network),
          mac: { "@_address": macAddress },
          model: { "@_type": "virtio" },
          rom: { "@_enabled": "no" },
        })),
        serial: {
          "@_type": "file",
          // Appended to, so that whoever bounds the file may empty it at any time.
          source: { "@_path": domain.consolePath, "@_append": "on" },
          target: { "@_port": "0" },
        },
        channel: { "@_type": "unix", target: { "@_type": "virtio", "@_name": "org.qemu.guest_agent.0" } },
        graphics: {
          "@_type": "vnc",
          "@_port": "-1",
          "@_autoport": "yes",
          "@_listen": domain.vncListen,
          ...(domain.vncPassword === undefined ? {} : { "@_passwd": domain.vncPassword }),
        },
        video: { model: { "@_type": "vga" } },
        rng: { "@_model": "virtio", backend: { "@_model": "random", "#text": "/dev/urandom" } },
        ...(domain.watchdog === undefined ? {} : { watchdog: { "@_model": "i6300esb", "@_action": domain.watchdog } }),
        memballoon: { "@_model": "none" },
        controller: { "@_type": "usb", "@_model": "none" },
      },
    },
  });
}

/** QEMU for guests of an architecture. */
export function emulatorPath(folder: string, architecture: Architecture): string {
  return `${folder}/qemu-system-${architecture === "i686" ? "i386" : "x86_64"}`;
}

/**
 * The machine and its firmware. libvirt finds a UEFI by the descriptions that the node's firmware packages install
 * (libvirt manual, "BIOS bootloader"); one without Secure Boot, whose keys would refuse boot loaders that nobody signed.
 */
function operatingSystem({ architecture, machineType, firmware, nvramPath }: Domain) {
  const type = { "@_arch": architecture, "@_machine": machineType, "#text": "hvm" };
  if (firmware === "bios") return { type };
  const feature = ["secure-boot", "enrolled-keys"].map((name) => ({ "@_enabled": "no", "@_name": name }));
  return { "@_firmware": "efi", type, firmware: { feature }, nvram: nvramPath };
}

/** The machine's own disk, the only one that it boots from. */
function overlayDisk({ diskPath, image }: Domain) {
  return {
    "@_type": "file",
    "@_device": "disk",
    driver: { "@_name": "qemu", "@_type": "qcow2", "@_cache": "unsafe", "@_discard": "unmap" },
    source: { "@_file": diskPath },
    backingStore: {
      "@_type": "file",
      format: { "@_type": image.format },
      source: { "@_file": image.path },
      backingStore: "",
    },
    target: { "@_dev": "vda", "@_bus": "virtio" },
    boot: { "@_order": "1" },
  };
}

/**
 * A disk and no CD-ROM, because what drives `vda` drives it too, on every kind of machine; cloud-init looks at the volume's
 * name alone. The empty backing store keeps libvirt from looking into bytes that a user wrote.
 */
function seedDisk(path: string) {
  return {
    "@_type": "file",
    "@_device": "disk",
    driver: { "@_name": "qemu", "@_type": "raw" },
    source: { "@_file": path },
    backingStore: "",
    target: { "@_dev": "vdb", "@_bus": "virtio" },
    readonly: "",
  };
}

/** Where a network card is plugged in. */
export function networkSource(network: NodeNetwork) {
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
