import { once } from "node:events";
import { lstatSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../hooks/ask.ts";
import { type Answer, PROGRESS_SECONDS, type Reply, Request } from "../protocol.ts";
import { REQUEST_MAX_BYTES } from "../request-limit.ts";
import type { Log } from "./log.ts";
import { messageOf, Refusal } from "./refusal.ts";

/** What the agent does about a request; throws a {@link Refusal} when it does not. */
export type Handler = (request: Request) => Promise<Reply>;

/** The most connections at once; more are dropped. Each hook needs one while its machine is made ready. */
const CONNECTIONS_MAX = 2048;

/**
 * The most connections that have not said what they want. A hook says it at once, so the oldest silent one makes room:
 * whoever opens connections without end keeps no hook out. More than hooks can come at one instant, whose words are not
 * read before all have connected.
 */
const SILENT_MAX = 1024;

/** How long a client may take to say what it wants. */
const REQUEST_SECONDS = 5;

/**
 * Takes the agent's socket. A live agent keeps it: this one waits for its end and then gives up. A dead one's socket
 * is replaced by a rename, so clients meet one agent or the other, never none for longer than a restart.
 *
 * @throws Error when another agent is still alive after half a minute
 */
export async function listen(path: string, handler: Handler, log: Log): Promise<AgentSocket> {
  const deadline = Date.now() + 30_000;
  while (await isAlive(path)) {
    if (Date.now() > deadline) throw new Error(`Another agent serves ${path}. It must end first.`);
    await sleep(500);
  }
  const silent = new Set<Socket>();
  const server = createServer((socket) => {
    const [oldest] = silent;
    if (oldest !== undefined && silent.size >= SILENT_MAX) {
      silent.delete(oldest);
      oldest.destroy();
    }
    void serve(socket, silent, handler, log);
  });
  server.maxConnections = CONNECTIONS_MAX;
  const own = `${path}.${process.pid}`;
  await rm(own, { force: true });
  server.listen({ path: own, writableAll: true, readableAll: true });
  await once(server, "listening");
  // One connection that cannot be taken, for want of file descriptors for example, must not end the agent.
  server.on("error", (error) => log(`A connection could not be taken: ${messageOf(error)}`));
  renameSync(own, path);
  return new AgentSocket(server, path);
}

/** The socket that an agent serves. */
export class AgentSocket {
  readonly #server: Server;
  readonly #path: string;
  readonly #inode: number;

  constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    this.#inode = lstatSync(path).ino;
  }

  /** Whether clients still meet this agent and not one that came after it. */
  isOurs(): boolean {
    try {
      return lstatSync(this.#path).ino === this.#inode;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#server.close();
  }
}

async function isAlive(path: string): Promise<boolean> {
  return ask(path, { request: "ping" }, { connectSeconds: 0, silenceSeconds: 2 }).then(
    () => true,
    () => false,
  );
}

async function serve(socket: Socket, silent: Set<Socket>, handler: Handler, log: Log): Promise<void> {
  const say = (answer: Answer) => void (socket.writable && socket.write(`${JSON.stringify(answer)}\n`));
  socket.on("error", () => {});
  const working = setInterval(() => say({ answer: "working" }), PROGRESS_SECONDS * 1000);
  silent.add(socket);
  try {
    const line = await readLine(socket).finally(() => silent.delete(socket));
    say({ answer: "done", ...(await handler(parseRequest(line))) });
  } catch (error) {
    if (!(error instanceof Refusal)) log(`A request failed: ${error instanceof Error ? error.stack : String(error)}`);
    say({ answer: "refused", retry: error instanceof Refusal ? error.retry : true, message: messageOf(error) });
  } finally {
    clearInterval(working);
    socket.end();
    // A client that does not hang up must not keep the connection.
    setTimeout(() => socket.destroy(), 1000).unref();
  }
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (message: string) => reject(new Refusal(message));
    const timer = setTimeout(() => fail(`No request within ${REQUEST_SECONDS} s.`), REQUEST_SECONDS * 1000);
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > REQUEST_MAX_BYTES) return fail(`The job's Cloud attributes exceed ${REQUEST_MAX_BYTES} bytes.`);
      chunks.push(chunk);
      if (!chunk.includes(10)) return;
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
    socket.once("close", () => {
      clearTimeout(timer);
      fail("The client hung up.");
    });
  });
}

function parseRequest(line: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Refusal("The request is not JSON.");
  }
  const parsed = Request.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal("The request is none that this agent knows.");
}
