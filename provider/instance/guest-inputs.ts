import { z } from "zod";

/** A text, or what becomes one: cloud-init's files are YAML. */
const TextOrObject = z.union([z.string(), z.record(z.string(), z.json())], "must be text or an object");

/** What a change of what the guest was told does where nothing else is said. */
export const DEFAULT_ON_USER_DATA_CHANGE = "replace";

/** What a guest is told when it first boots, as a program gives it. */
export const GuestInputs = {
  /**
   * cloud-init's user data: text that begins as cloud-init's formats do (`#cloud-config`, `#!`, …), or an object that
   * becomes a `#cloud-config`. Default: none.
   */
  userData: TextOrObject.optional(),
  /** OpenSSH public keys, one a line each, of whoever may log in as the image's default user. Default: none. */
  sshAuthorizedKeys: z.array(z.string()).optional(),
  /** The guest's host name. Default: the machine's name. */
  hostname: z.string().optional(),
  /** More of NoCloud's `meta-data`. Default: none. */
  metaData: z.record(z.string(), z.json()).optional(),
  /**
   * NoCloud's `network-config`: text or an object. Default: none where the machine has one interface, DHCP on each where it
   * has several.
   */
  networkConfig: TextOrObject.optional(),
  /** What a change of any of these does to a machine that exists. Default: `replace`. */
  onUserDataChange: z.enum(["replace", "ignore"]).default(DEFAULT_ON_USER_DATA_CHANGE),
};

/** The inputs that a guest reads only when it first boots. */
export const SEED_INPUTS = ["userData", "sshAuthorizedKeys", "hostname", "metaData", "networkConfig"] as const;
