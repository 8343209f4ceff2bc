import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { knock } from "../../../provider/instance/port.ts";

const { signal } = new AbortController();

async function listen(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a port that accepts a connection refuses nothing", async () => {
  expect(await knock("127.0.0.1", await listen("127.0.0.1"), signal)).toBeUndefined();
});

test("a port that nobody listens on says so in the system's word", async () => {
  const port = await listen("127.0.0.1");
  expect(await knock("127.0.0.2", port, signal)).toBe("ECONNREFUSED");
});

test("a port of an IPv6 address is knocked at in the same way", async () => {
  const port = await listen("::1");
  expect(await knock("::1", port, signal)).toBeUndefined();
});

test("whoever is interrupted knocks no more", async () => {
  expect(await knock("127.0.0.1", await listen("127.0.0.1"), AbortSignal.abort())).toBe("no answer yet");
});
