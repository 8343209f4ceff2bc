import { z } from "zod";

/** A text, or what becomes one: cloud-init's files are YAML. */
const TextOrObject = z.union([z.string(), z.record(z.string(), z.json())], "must be text or an object");

/** What a change of what the guest was told does where nothing else is said. */
export const DEFAULT_ON_USER_DATA_CHANGE = "replace";

/** The most that a host name takes, in characters (RFC 1035, 2.3.4, without the root's dot). */
const HOST_NAME_MAX = 253;

/** A host name: DNS labels (RFC 1123), which Linux shows the first of; no address, which cloud-init would rewrite. */
const HostName = z
  .string()
  .regex(
    /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/,
    "must be a DNS name: labels of lower-case letters, digits and inner hyphens, at most 63 each, joined by dots",
  )
  .max(HOST_NAME_MAX, `must be at most ${HOST_NAME_MAX} characters`)
  .refine((name) => !z.ipv4().safeParse(name).success, "must be a name, and no address");

/** What a guest is told when it first boots, as a program gives it. */
export const GuestInputs = {
  /**
   * cloud-init's user data: text that begins as cloud-init's formats do (`#cloud-config`, `#!`, …), or an object that
   * becomes a `#cloud-config`. Default: none.
   */
  userData: TextOrObject.optional(),
  /** OpenSSH public keys without options, one an entry, of whoever may log in as the image's default user. Default: none. */
  sshAuthorizedKeys: z.array(z.string()).optional(),
  /** The guest's host name, a DNS name of at most 253 characters. Default: the machine's name. */
  hostname: HostName.optional(),
  /** More of NoCloud's `meta-data`, without `instance-id`. Default: none. */
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
