import { expect, test } from "vitest";
import { Trouble } from "../../../execute-node/agent/trouble.ts";

test("a trouble is told while it lasts, and afterwards with its end, and each change once", () => {
  const trouble = new Trouble();
  let changes = 0;
  trouble.onChange = () => changes++;
  trouble.set("agent", undefined);
  expect([trouble.text, changes]).toEqual(["", 0]);
  trouble.set("agent", "libvirt is silent.");
  trouble.set("agent", "libvirt is silent.");
  expect(changes).toBe(1);
  expect(trouble.text).toMatch(/^Since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: libvirt is silent\.$/);
  trouble.set("HTCondor", "a start failed.");
  expect(trouble.text).toContain("libvirt is silent. Since");
  trouble.set("agent", undefined);
  expect(trouble.text).not.toContain("libvirt");
  trouble.set("HTCondor", undefined);
  expect(trouble.text).toMatch(/^Over since .*Z; from .*Z on: a start failed\.$/);
});

test("no trouble is longer than what travels", () => {
  const trouble = new Trouble();
  trouble.set("agent", "x".repeat(5000));
  expect(trouble.text).toHaveLength(2000);
});
