import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { Profiles } from "../../contract/profiles.ts";
import { InvalidInputError } from "../../provider/errors.ts";
import { commandUrn } from "../../provider/instance/claim.ts";
import { DEFAULT_PROFILE, WaitFor } from "../../provider/instance/inputs.ts";

/** What a person may say about a machine on the command line; each is an argument of the Pulumi resource. */
export interface LaunchOptions {
  readonly name?: string;
  readonly profile?: string;
  readonly memory?: number;
  readonly vcpus?: number;
  readonly disk?: number;
  readonly label?: Record<string, string>;
  readonly lease?: string;
  readonly network?: string;
  readonly address?: string;
  readonly macAddress?: string;
  readonly hostname?: string;
  readonly userData?: string;
  readonly networkConfig?: string;
  readonly sshKey?: string[];
  readonly watchdog?: string;
  readonly gracefulStop?: boolean;
  readonly requirements?: string;
  readonly rank?: string;
  readonly spread?: string;
  readonly accountingGroup?: string;
  readonly priority?: number;
  readonly onEviction?: string;
  readonly waitFor?: WaitFor;
  readonly timeout: number;
  readonly maxQueue?: number;
}

/** What an argument is called on the command line, where that is not its own name. */
export const OPTION_NAMES: Readonly<Record<string, string>> = {
  image: "IMAGE",
  profile: "--profile, --memory, --vcpus, --disk",
  labels: "--label",
  sshAuthorizedKeys: "--ssh-key",
  timeoutSeconds: "--timeout",
  maxQueueSeconds: "--max-queue",
};

/** What the check of a machine takes; what was not given is left out, so that it has Pulumi's own defaults. */
export async function launchInputs(
  image: string,
  user: string,
  options: LaunchOptions,
  profiles: Profiles,
): Promise<Record<string, unknown>> {
  const name = options.name ?? machineName(image);
  return {
    resourceUrn: commandUrn(user, name),
    name,
    image,
    profile: profileOf(options, profiles),
    labels: options.label,
    lease: options.lease,
    network: options.network,
    address: options.address,
    macAddress: options.macAddress,
    hostname: options.hostname,
    userData: await contentOf(options.userData, "user-data"),
    networkConfig: await contentOf(options.networkConfig, "network-config"),
    sshAuthorizedKeys: await keysIn(options.sshKey),
    watchdog: options.watchdog,
    gracefulStop: options.gracefulStop,
    requirements: options.requirements,
    rank: options.rank,
    spread: options.spread,
    accountingGroup: options.accountingGroup,
    priority: options.priority,
    onEviction: options.onEviction,
    waitFor: options.waitFor,
    timeoutSeconds: options.timeout,
    maxQueueSeconds: options.maxQueue,
  };
}

/** `running`, `address`, `tcp:22`, …, as a program would give it. Throws InvalidArgumentError for anything else. */
export function parseWaitFor(text: string): WaitFor {
  const port = /^tcp:([0-9]{1,5})$/.exec(text)?.[1];
  const parsed = WaitFor.safeParse(port === undefined ? text : { tcpPort: Number(port) });
  if (parsed.success) return parsed.data;
  const [words] = WaitFor.options;
  throw new InvalidArgumentError(`It must be one of ${words.options.join(", ")}, or tcp:PORT such as tcp:22.`);
}

/** Adds a file to those before it. */
export function addFile(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** A machine is called as its image is, as far as that is a DNS label. */
export function machineName(image: string): string {
  const name = ImageReferenceText.safeParse(image).data?.name ?? image;
  return name
    .replace(/[._-]+/g, "-")
    .slice(0, 63)
    .replace(/-$/, "");
}

/** A profile's name, or the size that it stands for with what is given beside it. An unknown one is left to the check. */
function profileOf({ profile = DEFAULT_PROFILE, memory, vcpus, disk }: LaunchOptions, profiles: Profiles): unknown {
  const size = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (size === undefined || (memory ?? vcpus ?? disk) === undefined) return profile;
  return {
    memoryMiB: memory ?? size.memoryMiB,
    vcpus: vcpus ?? size.vcpus,
    ...((disk ?? size.diskGiB) === undefined ? {} : { diskGiB: disk ?? size.diskGiB }),
  };
}

/** The keys in files of public keys, as `ssh-keygen` and `authorized_keys` have them, one a line. */
async function keysIn(files: readonly string[] | undefined): Promise<string[] | undefined> {
  if (files === undefined) return undefined;
  const texts = await Promise.all(files.map((file) => contentOf(file, "ssh-key")));
  // Said before anything is shown of it.
  const secret = files.find((_, index) => texts[index]?.includes("PRIVATE KEY"));
  if (secret !== undefined) {
    throw new InvalidInputError({
      what: `--ssh-key: ${secret} holds a private key, which stays where it is.`,
      remedy: "Give the file of the public key, which ends in .pub.",
    });
  }
  const lines = texts.flatMap((text = "") => text.split("\n")).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

async function contentOf(file: string | undefined, option: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return await readFile(file, "utf8").catch((error: unknown) => {
    throw new InvalidInputError({ what: `--${option}: ${file} cannot be read.`, why: String(error), cause: error });
  });
}
