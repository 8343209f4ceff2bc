import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { knock } from "../../../provider/instance/port.ts";

async function listen(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a port that accepts a connection refuses nothing", async () => {
  expect(await knock("127.0.0.1", await listen("127.0.0.1"))).toBeUndefined();
});

test("a port that nobody listens on says so in the system's word", async () => {
  const port = await listen("127.0.0.1");
  expect(await knock("127.0.0.2", port)).toBe("ECONNREFUSED");
});
