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
import { Capabilities, findGuestKinds } from "./capabilities.ts";
import { ConsoleCopies, copySettings } from "./console-copy.ts";
import { Consoles } from "./consoles.ts";
import { followDomains } from "./events.ts";
import { Failures } from "./failures.ts";
import { gathered } from "./gathered.ts";
import { Guests } from "./guests.ts";
import { watchHealth } from "./health.ts";
import { ImageStore } from "./image-store.ts";
import { InstanceFolders } from "./instance-folders.ts";
import { findAcceleration } from "./libvirt.ts";
import { type Log, openLog } from "./log.ts";
import { nodeReport } from "./node.ts";
import { Publisher } from "./publisher.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { Reporter } from "./report.ts";
import { type AgentSocket, listen } from "./socket.ts";
import { startdAddress } from "./startd.ts";
import { Trouble } from "./trouble.ts";
import { Watcher } from "./watcher.ts";

/** How often the node says that it lives, in milliseconds. */
const HEARTBEAT_MS = (HEARTBEAT_TIMEOUT_SECONDS / 3) * 1000;

/** How soon the pool hears of a change of the cache, in milliseconds: to say it takes commands, which should not slow a start. */
const CACHE_MS = 1000;

/** How often to look whether the startd, and this agent's claim to its socket, are still there, in milliseconds. */
const GUARD_MS = 1000;

/** How often libvirt is asked while it does not answer at the start, in milliseconds. */
const LIBVIRT_RETRY_MS = 2000;

/**
 * The node's agent, from its start by the startd to the startd's end. One that cannot go on ends, whatever it serves: the
 * startd starts another.
 */
export async function runAgent(): Promise<never> {
  const configuration = parseNodeConfiguration(await readFile(CONFIGURATION_FILE, "utf8"));
  const log = openLog(nodePaths(configuration.stateFolder).log);
  try {
    await serveNode(configuration, log);
    process.exit(0);
  } catch (error) {
    log(`ends: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  }
}

async function serveNode(configuration: ResolvedNodeConfiguration, log: Log): Promise<void> {
  const paths = nodePaths(configuration.stateFolder);
  const startd = process.ppid;
  log(`agent ${process.pid} starts under startd ${startd}, Node.js ${process.version}`);
  endWithStandardOutput(log);

  const publisher = new Publisher(paths.publication, log);
  const reporter = new Reporter((text) => {
    process.stdout.write(text);
    publisher.request();
  });
  const trouble = new Trouble();
  const failures = new Failures();
  failures.onChange = (list) => reporter.failures(list);
  const acceleration = await accelerationOnceKnown(configuration, reporter, trouble, log);
  const cache = new ImageCache({
    folder: paths.cache,
    store: new ImageStore(configuration.store),
    limitGiB: configuration.cacheLimitGiB,
  });
  const { consoleMaxKiB, consoleKeepHours } = configuration;
  const limits = { maxBytes: consoleMaxKiB * 1024, keepSeconds: consoleKeepHours * 3600 };
  const consoles = new Consoles(paths.consoles, limits, log);
  const agent = new Agent({
    configuration,
    acceleration,
    capabilities: new Capabilities(() => findGuestKinds(configuration.emulatorFolder, acceleration)),
    cache,
    folders: new InstanceFolders(paths.instances, consoles, log),
    reporter,
    failures,
    trouble,
    startd: await startdAddress(),
    copies: await consoleCopies(configuration, log),
    log,
  });
  const watcher = new Watcher(agent);
  // The socket first: while an earlier agent still has it, the folders are its own.
  let ready: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    ready = resolve;
  });
  // A ping asks whether this agent lives, which it does before it is ready.
  const handle = async (request: Request) => {
    if (request.request !== "ping") await opened;
    return agent.handle(request);
  };
  const ended = new AbortController();
  const socket = await listen(paths.socket, async (request) => handle(forHooks(request)), log);
  guard(startd, socket, log, ended);
  const privateSocket = await listen(paths.privateSocket, handle, log);
  reporter.start(configuration.maxMachines);
  await consoles.open();
  await agent.open();
  await cache.open((digest) => agent.usesImage(digest));
  // What runs already must be known before a hook asks.
  await watcher.look();
  ready();

  cache.onChange = gathered(CACHE_MS, () => void heartbeat(agent));
  watcher.onTrouble = () => void heartbeat(agent);
  trouble.onChange = () => void heartbeat(agent);
  await Promise.all([
    beat(agent, ended.signal),
    watcher.run(ended.signal),
    watchHealth(agent, publisher, paths.probe, ended.signal),
    consoles.watch(() => agent.runningConsoles(), ended.signal, agent.parts.copies),
    new Guests(agent).watch(ended.signal),
    followDomains(
      (event) => watcher.wake(event),
      (message) => log(`libvirt's events: ${message}`),
      ended.signal,
    ),
  ]);
  socket.close();
  privateSocket.close();
}

/** Copies consoles for the owners of machines; undefined where this node cannot, which keeps no machine from running. */
async function consoleCopies(configuration: ResolvedNodeConfiguration, log: Log): Promise<ConsoleCopies | undefined> {
  try {
    return new ConsoleCopies(await copySettings(configuration.jobAccount, configuration.consoleMaxKiB * 1024), log);
  } catch (error) {
    log(`nobody can read a machine's console by condor_tail: ${messageOf(error)}`);
    return undefined;
  }
}

/** Whoever runs under the account of VM jobs may ask for a machine to be made ready, for nothing else. */
function forHooks(request: Request): Request {
  if (request.request === "ping" || request.request === "prepare") return request;
  throw new Refusal(`A ${request.request} is given to root alone, at the agent's private socket.`);
}

async function beat(agent: Agent, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await heartbeat(agent);
    if (agent.reservations.untidy) await agent.reservations.tidy();
    await sleep(HEARTBEAT_MS, undefined, { signal }).catch(() => {});
  }
}

/** Says that the node lives and what it is like; a node whose libvirt does not answer takes no machine. */
async function heartbeat(agent: Agent): Promise<void> {
  const { configuration, cache, acceleration, capabilities, reporter, trouble, log } = agent.parts;
  try {
    const report = await nodeReport(configuration, cache, acceleration, capabilities);
    trouble.set("agent", undefined);
    reporter.node({ ...report, trouble: trouble.text });
  } catch (error) {
    // What libvirt can may be another when it comes back.
    capabilities.forget();
    const isNew = trouble.set("agent", `The node's agent takes no machine: ${messageOf(error)}.`);
    if (isNew) log(`takes no machines for now: ${messageOf(error)}`);
    reporter.node(noMachines(acceleration, trouble));
  }
}

/** The report of a node that takes no machine. */
function noMachines(acceleration: NodeReport["acceleration"], trouble: Trouble): NodeReport {
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
    trouble: trouble.text,
  };
}

/** Asks libvirt until it answers; a decision taken without it would last as long as this agent. */
async function accelerationOnceKnown(
  configuration: ResolvedNodeConfiguration,
  reporter: Reporter,
  trouble: Trouble,
  log: Log,
): Promise<NodeReport["acceleration"]> {
  const startd = process.ppid;
  trouble.onChange = () => {
    log(`waits for libvirt: ${trouble.text}`);
    reporter.node(noMachines("qemu", trouble));
  };
  for (;;) {
    try {
      return await findAcceleration(configuration.emulatorFolder);
    } catch (error) {
      trouble.set("agent", `The node's agent waits for libvirt: ${messageOf(error)}.`);
    }
    if (process.ppid !== startd) process.exit(0);
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
