import { expect, test } from "vitest";
import { isFault, parseEvent } from "../../../execute-node/agent/events.ts";

test("an event of virsh names its domain and what happened to it", () => {
  expect(parseEvent("event 'lifecycle' for domain 'cloud_pool.test_1.0': Stopped Failed")).toEqual({
    domain: "cloud_pool.test_1.0",
    what: "Stopped Failed",
  });
  expect(parseEvent("event 'lifecycle' for domain 'a': b': Started Booted")?.domain).toBe("a': b");
  expect(parseEvent("events received: 2")).toBeUndefined();
});

test.each([
  ["Stopped Failed", true],
  ["Crashed Panicked", true],
  ["Stopped Shutdown", false],
  ["Stopped Destroyed", false],
  ["Shutdown Finished", false],
])("%s is a fault: %s", (what, fault) => {
  expect(isFault({ domain: "a", what })).toBe(fault);
});
