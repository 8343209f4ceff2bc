import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { HEARTBEAT_TIMEOUT_SECONDS, type NodeReport } from "../../contract/node-report.ts";
import {
  CONFIGURATION_FILE,
  nodePaths,
  parseNodeConfiguration,
  type ResolvedNodeConfiguration,
} from "../configuration.ts";
import type { Request } from "../protocol.ts";
import { Agent } from "./agent.ts";
import { ImageCache } from "./cache.ts";
import { followDomains } from "./events.ts";
import { ImageStore } from "./image-store.ts";
import { InstanceFolders } from "./instance-folders.ts";
import { findAcceleration } from "./libvirt.ts";
import { type Log, openLog } from "./log.ts";
import { nodeReport } from "./node.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { Reporter } from "./report.ts";
import { type AgentSocket, listen } from "./socket.ts";
import { Publisher, startdAddress } from "./startd.ts";
import { Watcher } from "./watcher.ts";

/** How often the node says that it lives, in milliseconds. */
const HEARTBEAT_MS = (HEARTBEAT_TIMEOUT_SECONDS / 3) * 1000;

/** How often to look whether the startd, and this agent's claim to its socket, are still there, in milliseconds. */
const GUARD_MS = 1000;

/** How often libvirt is asked while it does not answer at the start, in milliseconds. */
const LIBVIRT_RETRY_MS = 2000;

/** The node's agent, from its start by the startd to the startd's end. */
export async function runAgent(): Promise<void> {
  const configuration = parseNodeConfiguration(await readFile(CONFIGURATION_FILE, "utf8"));
  const paths = nodePaths(configuration.stateFolder);
  const log = openLog(paths.log);
  const startd = process.ppid;
  log(`agent ${process.pid} starts under startd ${startd}, Node.js ${process.version}`);
  endWithStandardOutput(log);

  const publisher = new Publisher(paths.publication, log);
  const reporter = new Reporter((text) => {
    process.stdout.write(text);
    publisher.request();
  });
  const acceleration = await accelerationOnceKnown(configuration, reporter, startd, log);
  const cache = new ImageCache({
    folder: paths.cache,
    store: new ImageStore(configuration.store),
    limitGiB: configuration.cacheLimitGiB,
  });
  const agent = new Agent({
    configuration,
    acceleration,
    cache,
    folders: new InstanceFolders(paths.instances, log),
    reporter,
    startd: await startdAddress(),
    log,
  });
  const watcher = new Watcher(agent);
  // The socket first: while an earlier agent still has it, the folders are its own.
  let ready: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const socket = await listen(paths.socket, (request) => opened.then(() => agent.handle(forHooks(request))), log);
  const privateSocket = await listen(paths.privateSocket, (request) => opened.then(() => agent.handle(request)), log);
  reporter.start(configuration.maxMachines);
  await agent.open();
  await cache.open((digest) => agent.usesImage(digest));
  // What runs already must be known before a hook asks.
  await watcher.look();
  ready();

  const ended = new AbortController();
  guard(startd, socket, log, ended);
  cache.onChange = () => void heartbeat(agent);
  watcher.onTrouble = () => void heartbeat(agent);
  await Promise.all([
    beat(agent, ended.signal),
    watcher.run(ended.signal),
    followDomains(
      (domain) => watcher.wake(domain),
      (message) => log(`libvirt's events: ${message}`),
      ended.signal,
    ),
  ]);
  socket.close();
  privateSocket.close();
  process.exit(0);
}

/** Whoever runs under the account of VM jobs may ask for a machine to be made ready, not for its domain. */
function forHooks(request: Request): Request {
  if (request.request !== "domain") return request;
  throw new Refusal("A domain is given to root alone, at the agent's private socket.");
}

async function beat(agent: Agent, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await heartbeat(agent);
    await sleep(HEARTBEAT_MS, undefined, { signal }).catch(() => {});
  }
}

/** Says that the node lives and what it is like; a node whose libvirt does not answer takes no machine. */
async function heartbeat(agent: Agent): Promise<void> {
  const { configuration, cache, acceleration, reporter, log } = agent.parts;
  try {
    reporter.node(await nodeReport(configuration, cache, acceleration));
  } catch (error) {
    log(`takes no machines for now: ${messageOf(error)}`);
    reporter.node(noMachines(acceleration));
  }
}

/** The report of a node that takes no machine. */
function noMachines(acceleration: NodeReport["acceleration"]): NodeReport {
  return {
    heartbeat: 0,
    images: [],
    cacheUsedMiB: 0,
    cacheAvailableMiB: 0,
    diskFreeMiB: 0,
    networks: [],
    acceleration,
    architectures: [],
    firmwares: [],
    trouble: "",
  };
}

/** Asks libvirt until it answers; a decision taken without it would last as long as this agent. */
async function accelerationOnceKnown(
  configuration: ResolvedNodeConfiguration,
  reporter: Reporter,
  startd: number,
  log: Log,
): Promise<NodeReport["acceleration"]> {
  let trouble = "";
  for (;;) {
    try {
      return await findAcceleration(configuration.emulatorFolder);
    } catch (error) {
      if (messageOf(error) !== trouble) log(`waits for libvirt: ${messageOf(error)}`);
      trouble = messageOf(error);
    }
    if (process.ppid !== startd) process.exit(0);
    reporter.node(noMachines("qemu"));
    await sleep(LIBVIRT_RETRY_MS);
  }
}

/** Ends this agent when its startd died, or when a later agent took its socket. */
function guard(startd: number, socket: AgentSocket, log: Log, ended: AbortController): void {
  const timer = setInterval(() => {
    if (process.ppid === startd && socket.isOurs()) return;
    log(process.ppid === startd ? "another agent took over; this one ends" : "the startd is gone; this agent ends");
    clearInterval(timer);
    ended.abort();
  }, GUARD_MS);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) {
    process.once(signal, () => {
      log(`ends on ${signal}`);
      ended.abort();
    });
  }
}

/** Nobody listens at the other end of standard output any more: the startd is gone. */
function endWithStandardOutput(log: Log): void {
  process.stdout.on("error", (error) => {
    log(`standard output: ${error.message}; this agent ends`);
    process.exit(1);
  });
}
