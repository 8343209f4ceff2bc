import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refusal } from "../../../execute-node/agent/refusal.ts";
import { type AgentSocket, type Handler, listen } from "../../../execute-node/agent/socket.ts";
import { ask } from "../../../execute-node/hooks/ask.ts";

const PATIENT = { connectSeconds: 1, silenceSeconds: 2 };
const sockets: AgentSocket[] = [];
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "socket-test-"));
  path = join(folder, "agent.sock");
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await rm(folder, { recursive: true });
});

async function serve(handler: Handler): Promise<AgentSocket> {
  const socket = await listen(path, handler, () => {});
  sockets.push(socket);
  return socket;
}

/** What the agent says to raw bytes. */
function say(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = createConnection(path, () => socket.write(bytes));
    socket.on("data", (chunk) => (text += chunk));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

test("a request is answered", async () => {
  await serve(async (request) => ({ xml: `<${request.request}/>` }));
  expect(await ask(path, { request: "domain", ad: "X = 1" }, PATIENT)).toEqual({ answer: "done", xml: "<domain/>" });
});

test("a refusal says why and whether to try again; any other failure is the node's", async () => {
  const socket = await serve(async () => {
    throw new Refusal("No such image.");
  });
  expect(await ask(path, { request: "ping" }, PATIENT)).toEqual({
    answer: "refused",
    retry: false,
    message: "No such image.",
  });
  socket.close();
});

test.each([
  "garbage\n",
  "{}\n",
  '{"request":"prepare"}\n',
  '{"request":"domain","ad":7}\n',
  Buffer.alloc(200_000, 1),
  "\n",
])("garbage is refused and does no harm", async (bytes) => {
  await serve(async () => ({}));
  expect(await say(bytes)).toMatch(/^\{"answer":"refused","retry":false,/);
  expect(await ask(path, { request: "ping" }, PATIENT)).toEqual({ answer: "done" });
});

test("connections without end that say nothing keep nobody out", async () => {
  await serve(async () => ({}));
  const idle = Array.from({ length: 2500 }, () => createConnection(path).on("error", () => {}));
  expect(await ask(path, { request: "ping" }, PATIENT)).toEqual({ answer: "done" });
  for (const socket of idle) socket.destroy();
});

test("a client gives up on an agent that hangs, and on one that is not there", async () => {
  const hanging = createServer((socket) => socket.resume()).listen(path);
  await expect(ask(path, { request: "ping" }, { connectSeconds: 0, silenceSeconds: 0.2 })).rejects.toThrow(
    "said nothing",
  );
  await new Promise((resolve) => hanging.close(resolve));
  await expect(ask(path, { request: "ping" }, { connectSeconds: 0, silenceSeconds: 1 })).rejects.toThrow(
    "cannot be reached",
  );
});

test("a socket that a dead agent left behind is taken over, and whoever lost it knows", async () => {
  const first = await serve(async () => ({ xml: "first" }));
  first.close();
  const second = await serve(async () => ({ xml: "second" }));
  expect(first.isOurs()).toBe(false);
  expect(second.isOurs()).toBe(true);
  expect(await ask(path, { request: "ping" }, PATIENT)).toEqual({ answer: "done", xml: "second" });
});
