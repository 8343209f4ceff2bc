import { isDeepStrictEqual } from "node:util";
import {
  CONFIGURATION_FILE,
  type NodeConfiguration,
  NodeConfigurationSchema,
  type NodeNetwork,
  parseNodeConfiguration,
  type ResolvedNodeConfiguration,
} from "../configuration.ts";

/** What can be said on the command line of an install; all of it ends in node.json, which holds more. */
export interface InstallOptions {
  readonly store?: string | undefined;
  readonly vncListen?: string | undefined;
  /** Each `NAME=libvirt:NETWORK` or `NAME=bridge:BRIDGE`. */
  readonly network?: readonly string[] | undefined;
  readonly cacheLimitGib?: string | undefined;
  readonly memoryMib?: string | undefined;
  readonly memoryOvercommit?: string | undefined;
  readonly cpuOvercommit?: string | undefined;
  readonly maxMachines?: string | undefined;
  readonly stateFolder?: string | undefined;
  readonly jobAccount?: string | undefined;
  readonly emulatorFolder?: string | undefined;
  readonly node?: string | undefined;
}

/** An install that was asked for in a way that cannot be. */
export class UsageError extends Error {}

/**
 * The fields of node.json that the options give. Pure.
 *
 * @throws UsageError naming the option that is malformed
 */
export function givenFields(options: InstallOptions): Partial<NodeConfiguration> {
  const fields = {
    store: options.store,
    stateFolder: options.stateFolder,
    jobAccount: options.jobAccount,
    networks: options.network === undefined ? undefined : parseNetworks(options.network),
    vncListen: options.vncListen,
    memoryMiB: parseNumber("--memory-mib", options.memoryMib),
    memoryOvercommit: parseNumber("--memory-overcommit", options.memoryOvercommit),
    cpuOvercommit: parseNumber("--cpu-overcommit", options.cpuOvercommit),
    cacheLimitGiB: parseNumber("--cache-limit-gib", options.cacheLimitGib),
    maxMachines: parseNumber("--max-machines", options.maxMachines),
    emulatorFolder: options.emulatorFolder,
    node: options.node,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * The configuration of a node that has none yet. Pure.
 *
 * @throws UsageError when the store is missing or a field cannot be used
 */
export function newConfiguration(given: Partial<NodeConfiguration>): NodeConfiguration {
  const { store } = given;
  if (store === undefined) {
    throw new UsageError(
      `There is no ${CONFIGURATION_FILE} yet. Say where the image store is on this machine: --store FOLDER`,
    );
  }
  const configuration = { ...given, store };
  const parsed = NodeConfigurationSchema.safeParse(configuration);
  if (parsed.success) return configuration;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new UsageError(`The options cannot be used:\n  ${issues.join("\n  ")}`);
}

/**
 * Reads the node.json that is there. It belongs to the administrator, so options do not change it. Pure.
 *
 * @throws Error when it cannot be used, UsageError when an option says otherwise
 */
export function existingConfiguration(text: string, given: Partial<NodeConfiguration>): ResolvedNodeConfiguration {
  const configuration = parseNodeConfiguration(text);
  const present: Readonly<Record<string, unknown>> = configuration;
  const differing = Object.entries(given).filter(([field, value]) => !isDeepStrictEqual(present[field], value));
  if (differing.length === 0) return configuration;
  const lines = differing.map(
    ([field, value]) => `${field} is ${JSON.stringify(present[field] ?? null)}, not ${JSON.stringify(value)}`,
  );
  throw new UsageError(
    `${CONFIGURATION_FILE} exists and says otherwise:\n  ${lines.join("\n  ")}\n` +
      "It is yours: edit it, then install again without these options.",
  );
}

/** The text of node.json. */
export function configurationText(configuration: NodeConfiguration): string {
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

function parseNetworks(texts: readonly string[]): Record<string, NodeNetwork> {
  const networks: Record<string, NodeNetwork> = {};
  for (const text of texts) {
    const [, name, kind, target] = /^([^=]+)=(libvirt|bridge):(.+)$/.exec(text) ?? [];
    if (name === undefined || target === undefined) {
      throw new UsageError(`--network ${text}: must be NAME=libvirt:NETWORK or NAME=bridge:BRIDGE`);
    }
    if (Object.hasOwn(networks, name)) throw new UsageError(`--network ${text}: ${name} is named twice`);
    networks[name] = kind === "bridge" ? { bridge: target } : { libvirt: target };
  }
  return networks;
}

function parseNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) throw new UsageError(`${option} ${text}: must be a number`);
  return Number(text);
}
