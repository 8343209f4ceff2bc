import { describe, expect, test } from "vitest";
import type { MachineState } from "../../../contract/node-report.ts";
import { hasEnded, isReady, mayHaveFailed, observe, waitingFor } from "../../../provider/instance/state.ts";
import { failure, queued, report } from "./samples.ts";

describe("the state of a machine", () => {
  test.each([
    [1, "queued"],
    [2, "starting"],
    [3, "removed"],
    [4, "completed"],
    [5, "held"],
    [6, "stopping"],
    [7, "suspended"],
    [0, "unknown"],
    [99, "unknown"],
  ])("of JobStatus %d without a report is %s", (status, state) => {
    expect(observe(queued({ status }), undefined).state).toBe(state);
  });

  test.each<MachineState>(["preparing", "prepared", "running", "paused", "stopped", "failed"])(
    "is what the node reports while the job runs: %s",
    (state) => {
      expect(observe(queued({ status: 2 }), report({ state })).state).toBe(state);
    },
  );

  test.each([1, 3, 4, 5, 6, 7])("ignores a report that outlived its job: JobStatus %d", (status) => {
    const seen = observe(queued({ status }), report({ state: "running", ipAddress: "10.0.0.7" }));
    expect(seen).toMatchObject({ ipAddress: "", vncAddress: "", startedAt: "" });
    expect(isReady(seen, "address")).toBe(false);
  });

  test("tells host, addresses and when the domain was first seen running", () => {
    const machine = {
      ...{ state: "running", ipAddress: "10.0.0.7", vncAddress: "exec1:5900", startedAt: 1_795_562_980 },
      ...{ addresses: { main: ["10.0.0.7"] }, guest: { agent: true }, sealedVncPassword: "AAAA" },
    };
    expect(
      observe(
        queued({ status: 2, starts: 1, slot: "slot1_1@exec1.example" }),
        report({ ...machine, state: "running" }),
      ),
    ).toEqual({
      ...machine,
      host: "exec1.example",
      addresses: { main: ["10.0.0.7"] },
      macAddresses: {},
      guest: { agent: true },
      sealedVncPassword: "AAAA",
      startedAt: "2026-11-24T23:29:40.000Z",
      starts: 1,
      leaseUntil: undefined,
      message: "",
      awaitsReason: false,
    });
  });

  test("is ready when the domain runs and its address is known, not before", () => {
    expect(isReady(observe(queued({ status: 2 }), report({ state: "running" })), "address")).toBe(false);
    expect(
      isReady(observe(queued({ status: 2 }), report({ state: "prepared", ipAddress: "10.0.0.7" })), "address"),
    ).toBe(false);
    expect(
      isReady(observe(queued({ status: 2 }), report({ state: "running", ipAddress: "10.0.0.7" })), "address"),
    ).toBe(true);
  });

  test.each([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
    [5, false],
  ])("of JobStatus %d has ended: %s", (status, expected) => {
    expect(hasEnded(observe(queued({ status }), undefined))).toBe(expected);
  });
});

describe("what is being waited for", () => {
  test.each([
    [queued({ status: 1 }), undefined, "queued: waiting for a machine of the pool"],
    [queued({ status: 2, slot: "slot1@exec1" }), undefined, "starting on exec1"],
    [
      queued({ status: 2, slot: "slot1@exec1" }),
      report({ state: "preparing", message: "40 %" }),
      "preparing on exec1 (40 %)",
    ],
    [
      queued({ status: 2, slot: "slot1@exec1" }),
      report({ state: "running" }),
      "running on exec1, waiting for an address",
    ],
    [queued({ status: 5, holdReason: "no such image" }), undefined, "held (no such image)"],
  ])("is said in plain words", (job, machine, words) => {
    expect(waitingFor(observe(job, machine), "address")).toBe(words);
  });
});

describe("why a machine does not run", () => {
  const refused = failure("the cache is full");

  test.each([
    [queued({ status: 1, lastRunAt: 1 }), "queued: waiting for a machine of the pool (exec1: the cache is full)"],
    [queued({ status: 2, slot: "s@exec2", lastRunAt: 1 }), "starting on exec2 (exec1: the cache is full)"],
    [
      queued({ status: 5, holdReason: "VMGAHP_ERR_INTERNAL" }),
      "held (exec1: the cache is full; HTCondor: VMGAHP_ERR_INTERNAL)",
    ],
    [queued({ status: 5, holdReason: "Hook: the cache is full." }), "held (Hook: the cache is full.)"],
    [queued({ status: 4 }), "completed (exec1: the cache is full)"],
  ])("is said in the node's words, HTCondor's beside them", (job, words) => {
    expect(waitingFor(observe(job, undefined, refused), "address")).toBe(words);
  });

  test("is what the report of a machine says, where there is one", () => {
    const seen = observe(
      queued({ status: 2, lastRunAt: 1 }),
      report({ state: "failed", message: "QEMU died" }),
      refused,
    );
    expect(seen.message).toBe("QEMU died");
  });

  test("is asked for where a job had a slot and has no machine, and nowhere else", () => {
    expect(mayHaveFailed(queued({ lastRunAt: 1 }), undefined)).toBe(true);
    expect(mayHaveFailed(queued({ status: 2, lastRunAt: 1 }), undefined)).toBe(true);
    expect(mayHaveFailed(queued(), undefined)).toBe(false);
    expect(mayHaveFailed(queued({ status: 2, lastRunAt: 1 }), report({ state: "running" }))).toBe(false);
  });

  test.each([
    [6, undefined, true],
    [6, refused, false],
    [19, undefined, false],
    [1, undefined, false],
  ])("may still come from the node: HoldReasonCode %d, said %j: %s", (holdReasonCode, said, expected) => {
    expect(observe(queued({ status: 5, holdReasonCode }), undefined, said).awaitsReason).toBe(expected);
  });
});
