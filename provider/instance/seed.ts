import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import { Seed } from "../../contract/seed.ts";
import type { InstanceInputs } from "./inputs.ts";

type Guest = Pick<
  InstanceInputs,
  "name" | "userData" | "sshAuthorizedKeys" | "hostname" | "metaData" | "networkConfig"
>;

/**
 * What the guest is told, as cloud-init's files; undefined where it is its name alone, which its node tells it anyway.
 *
 * @param macAddresses - of all interfaces, by name
 */
export function seedOf(inputs: Guest, macAddresses: ReadonlyMap<string, string>): Seed | undefined {
  const { name, hostname = name, sshAuthorizedKeys = [] } = inputs;
  const metaData = {
    ...(hostname === name ? {} : { "local-hostname": hostname }),
    ...(sshAuthorizedKeys.length === 0 ? {} : { "public-keys": sshAuthorizedKeys }),
    ...inputs.metaData,
  };
  const seed = Seed.parse({
    ...defined("userData", documentOf(inputs.userData, "#cloud-config\n")),
    metaData,
    ...defined("networkConfig", documentOf(inputs.networkConfig, "") ?? dhcpOnEach(macAddresses)),
  });
  const saysNothing =
    seed.userData === undefined && seed.networkConfig === undefined && Object.keys(metaData).length === 0;
  return saysNothing ? undefined : seed;
}

/** A document as text; an object as YAML behind a heading, where there is anything in it. */
function documentOf(given: string | Record<string, unknown> | undefined, heading: string): string | undefined {
  if (typeof given !== "object") return given;
  return Object.keys(given).length === 0 ? undefined : `${heading}${yamlOf(given)}`;
}

/**
 * A value as YAML that is JSON as well: cloud-init's parser goes by YAML 1.1, where a plain `no` or `12:30` is no text, and
 * the seed's digest must not change with a library's taste in quotes. What JSON lets stand and YAML 1.1 does not is escaped.
 */
function yamlOf(value: unknown): string {
  const json = JSON.stringify(value, undefined, 2);
  return `${json.replace(NOT_IN_YAML, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** Line breaks of YAML's own, and what its character set lacks (YAML 1.1, "Character Set"). */
const NOT_IN_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * DHCP on each of several interfaces, because cloud-init's own fallback configures the first alone. The default route is
 * the main one's (cloud-init documentation, "Networking config Version 2").
 */
function dhcpOnEach(macAddresses: ReadonlyMap<string, string>): string | undefined {
  if (macAddresses.size < 2) return undefined;
  const ethernets = [...macAddresses].map(([name, macaddress]) => [
    name,
    {
      match: { macaddress },
      dhcp4: true,
      ...(name === MAIN_INTERFACE ? {} : { "dhcp4-overrides": { "use-routes": false, "use-dns": false } }),
    },
  ]);
  return yamlOf({ version: 2, ethernets: Object.fromEntries(ethernets) });
}

function defined<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: string });
}
