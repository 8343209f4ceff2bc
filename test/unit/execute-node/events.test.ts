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

test("of all events those matter that tell of a domain's start or end, or of its guest agent's", () => {
  const said = "event 'agent-lifecycle' for domain 'a': state: 'connected' reason: 'channel event'";
  expect(parseEvent(said)).toEqual({ domain: "a", what: "state: 'connected' reason: 'channel event'" });
  for (const event of ["rtc-change", "reboot", "balloon-change", "tray-change"]) {
    expect(parseEvent(`event '${event}' for domain 'a': event 'lifecycle' for domain 'b': Stopped`)).toBeUndefined();
  }
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
