import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { makeStack, type TestStack } from "../pool/stack.ts";

let world: TestStack;

beforeAll(async () => {
  world = await makeStack("debian-uefi");
});
afterAll(() => world.dispose());

test("the Debian guest boots by UEFI, too, and serves SSH", async () => {
  const machines = { uefi: { profile: { memoryMiB: 640, vcpus: 1 }, waitFor: { tcpPort: 22 } } };
  await world.declare(machines, { guest: { source: inject("debianGuest"), firmware: "uefi" } });
  await world.stack.up();
  expect((await world.stack.outputs()).machines?.value.uefi).toMatchObject({ state: "running", ready: true });
});
