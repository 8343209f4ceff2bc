import { describe, expect, it } from "vitest";
import { SandboxName } from "../../../sandbox/paths.ts";
import { layOut, namespacePrefix } from "../../../sandbox/sandbox.ts";

const record = { schema: 1, name: "two", nodes: 2, octet: 81, root: "/cache/root" } as const;

describe("the layout of a sandbox", () => {
  it("gives each machine an address, and each execute node a network of its guests' own", () => {
    const sandbox = layOut(record, "/state/two");
    expect(sandbox.machines.map(({ name, address, guestNetwork }) => [name, address, guestNetwork])).toEqual([
      ["cm", "10.81.0.1", undefined],
      ["exec1", "10.81.0.11", "10.81.1"],
      ["exec2", "10.81.0.12", "10.81.2"],
    ]);
    expect(sandbox.manager.host).toBe("cm.two.sandbox.test");
  });

  it("keeps the host's interface name within the kernel's 15 characters, whatever the sandbox is called", () => {
    expect(layOut({ ...record, name: "a".repeat(24), octet: 255 }).hostLink.length).toBeLessThanOrEqual(15);
  });

  it("never mistakes another sandbox's namespaces for its own", () => {
    const namespaces = layOut({ ...record, name: "two-2" }).machines.map(({ namespace }) => namespace);
    expect(namespaces.some((namespace) => namespace.startsWith(namespacePrefix("two")))).toBe(false);
  });
});

describe("a sandbox's name", () => {
  it.each(["default", "a", "ci-42", "a".repeat(24)])("may be %s", (name) => {
    expect(SandboxName.parse(name)).toBe(name);
  });

  it.each(["", "A", "-a", "a-", "a.b", "../x", "a/b", "a b", "a\n", "$(id)", "a".repeat(25), "ä"])(
    "may not be %j",
    (name) => {
      expect(SandboxName.safeParse(name).success).toBe(false);
    },
  );
});
