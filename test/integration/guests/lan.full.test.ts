import { totalmem } from "node:os";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { offeredMemoryMiB } from "../../../sandbox/machine-configuration.ts";
import { reserveOnLan } from "../pool/dhcp.ts";
import { guestAnswer } from "../pool/guest-answer.ts";
import { theSandbox } from "../pool/nodes.ts";
import { type GuestStack, makeGuestStack } from "./stack.ts";

/** A node has room for one of them and not for two, so two of them are on two nodes. */
const ONE_A_NODE_MIB = Math.ceil(offeredMemoryMiB(totalmem() / 2 ** 20, 2) * 0.6);

const MAC_ADDRESSES = ["02:00:00:00:fa:01", "02:00:00:00:fa:02"];

let world: GuestStack;

beforeAll(async () => {
  world = await makeGuestStack("lan");
});
afterAll(async () => {
  await world.dispose();
  await reserveOnLan({});
});

describe("the network lan, which is one on all nodes", () => {
  test("lets machines of two nodes reach each other, at the addresses that its DHCP server keeps for them", async () => {
    const { lan } = await theSandbox();
    const addresses = [`${lan}.21`, `${lan}.22`];
    const [one = "", other = ""] = addresses;
    await reserveOnLan(Object.fromEntries(MAC_ADDRESSES.map((mac, index) => [mac, addresses[index] ?? ""])));
    const machines = MAC_ADDRESSES.map((macAddress, index) => [
      `lan-${index}`,
      {
        image: inject("smallImage"),
        profile: { memoryMiB: ONE_A_NODE_MIB, vcpus: 1 },
        network: "lan",
        macAddress,
        waitFor: "running" as const,
      },
    ]);
    await world.declare(Object.fromEntries(machines));
    await world.stack.up();
    const [first, second] = [await world.machine("lan-0"), await world.machine("lan-1")];
    expect(first.host).not.toBe(second.host);
    expect(await guestAnswer(one, "/id")).toContain(one);
    expect(await guestAnswer(other, "/id")).toContain(other);
    expect(await guestAnswer(one, `/cgi-bin/ask?${other}`)).toContain(other);
    expect(await guestAnswer(other, `/cgi-bin/ask?${one}`)).toContain(one);
  });
});
