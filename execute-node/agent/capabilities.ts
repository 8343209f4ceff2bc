import { access, constants } from "node:fs/promises";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { Architecture, Firmware } from "../../contract/image-manifest.ts";
import type { NodeReport } from "../../contract/node-report.ts";
import { emulatorPath } from "../domain/domain-xml.ts";
import { domainCapabilities } from "./libvirt.ts";
import { Refusal } from "./refusal.ts";

/** The guests that this node can run: the firmwares of each architecture. */
export type GuestKinds = ReadonlyMap<Architecture, readonly Firmware[]>;

/**
 * What guests this node can run, by libvirt's word. It is asked once, and anew after it was silent: a new firmware or
 * emulator is found when libvirt is started again.
 */
export class Capabilities {
  readonly #ask: () => Promise<GuestKinds>;
  #answer: Promise<GuestKinds> | undefined;

  /** @param ask - {@link findGuestKinds} of this node */
  constructor(ask: () => Promise<GuestKinds>) {
    this.#ask = ask;
  }

  /** @throws Error when libvirt does not answer; the next call asks again */
  async guestKinds(): Promise<GuestKinds> {
    this.#answer ??= this.#ask().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return this.#answer;
  }

  /** Has the next call ask libvirt. */
  forget(): void {
    this.#answer = undefined;
  }
}

/**
 * Asks libvirt for each architecture whose emulator is here.
 *
 * @throws Error when libvirt does not answer: its silence is no no
 */
export async function findGuestKinds(
  emulatorFolder: string,
  acceleration: NodeReport["acceleration"],
): Promise<GuestKinds> {
  const answers = await Promise.all(
    Architecture.options.map(async (architecture) => {
      const emulator = emulatorPath(emulatorFolder, architecture);
      return [architecture, await firmwaresOf(emulator, architecture, acceleration)] as const;
    }),
  );
  return new Map(answers.flatMap(([architecture, found]) => (found === undefined ? [] : [[architecture, found]])));
}

async function firmwaresOf(
  emulator: string,
  architecture: Architecture,
  acceleration: NodeReport["acceleration"],
): Promise<Firmware[] | undefined> {
  const exists = await access(emulator, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const options = ["--virttype", acceleration, "--arch", architecture, "--emulatorbin", emulator];
  return domainCapabilities(options, parseFirmwares);
}

const DomainCapabilities = z.object({
  domainCapabilities: z.object({
    os: z.object({ enum: z.array(z.object({ "@_name": z.string(), value: z.array(z.string()).default([]) })) }),
  }),
});

/**
 * Parses `virsh domcapabilities` (libvirt manual, "Domain capabilities XML format"). The boot sector needs no firmware
 * that could be missing; UEFI is there where libvirt can choose one.
 */
export function parseFirmwares(xml: string): Firmware[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    parseTagValue: false,
    isArray: (name) => name === "enum" || name === "value",
  });
  const { os } = DomainCapabilities.parse(parser.parse(xml)).domainCapabilities;
  const choices = os.enum.find((each) => each["@_name"] === "firmware")?.value ?? [];
  return choices.includes("efi") ? ["bios", "uefi"] : ["bios"];
}

/** The firmwares of all architectures, for the node's report. */
export function firmwaresOfAny(kinds: GuestKinds): Firmware[] {
  return Firmware.options.filter((firmware) => [...kinds.values()].some((found) => found.includes(firmware)));
}

/** What an image asks of the node that it runs on. */
export interface ImageDemands {
  readonly name: string;
  readonly architecture: Architecture;
  readonly firmware: Firmware;
}

/**
 * Refuses an image that this node cannot run. Its job should not have come here: it said less than the image's manifest
 * does, or no node has that firmware for that architecture.
 */
export function requireGuestKind(kinds: GuestKinds, { name, architecture, firmware }: ImageDemands): void {
  const found = kinds.get(architecture);
  if (found?.includes(firmware)) return;
  const offered = [...kinds].map(([kind, firmwares]) => `${kind} with ${firmwares.join(" or ")}`).join(", ");
  throw new Refusal(
    `Image ${name} is for ${architecture} with ${firmware}. This node runs ${offered || "no guests"}. ` +
      "Submit the job so that it asks for what its image needs, or have an administrator install the emulator and its UEFI.",
  );
}
