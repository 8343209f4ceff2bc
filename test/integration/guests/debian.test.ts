import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { eventually } from "../pool/wait.ts";
import { type GuestStack, makeGuestStack } from "./stack.ts";

const SIZE = { memoryMiB: 512, vcpus: 1 };

let world: GuestStack;

beforeAll(async () => {
  world = await makeGuestStack("debian");
});
afterAll(() => world.dispose());

/** The first words of whoever listens at a port of a guest. */
async function greeting(host: string, port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 5000 });
    socket.once("data", (words) => resolve(words.toString())).once("data", () => socket.destroy());
    socket.once("error", reject).once("timeout", () => socket.destroy(new Error(`${host} says nothing`)));
  });
}

describe("a real Debian", () => {
  test("boots, takes its address and serves SSH", async () => {
    await world.declare({ debian: { image: inject("debianImage"), profile: SIZE, waitFor: { tcpPort: 22 } } });
    await world.stack.up();
    const { ipAddress, ready } = await world.machine("debian");
    expect(ready).toBe(true);
    const said = await eventually(
      `the SSH server of ${ipAddress}`,
      () => greeting(ipAddress, 22).catch(String),
      (text) => text.startsWith("SSH-"),
    );
    expect(said).toMatch(/^SSH-2\.0-OpenSSH_.*Debian/);
  });
});
