import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../../provider/errors.ts";
import { findMachine, NoSuchMachineError } from "../../../provider/instance/find.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { queued } from "./samples.ts";

const NOW = 1_795_566_571;
const machine = (name: string, clusterId: number, owner = "alice", status = 2) =>
  queued(
    { globalJobId: `ap.example#${clusterId}.0#1795562971`, clusterId, owner, status, serverTime: NOW },
    sampleJob({ name }),
  );
const web = machine("web", 12);
const db = machine("db", 13);
const jobs = [web, db, machine("twin", 14), machine("twin", 15, "bob"), machine("old", 16, "alice", 3), web0()];

/** A job that cannot be read has a number and an id, and no name. */
function web0() {
  return queued({ globalJobId: "ap.example#17.0#1795562971", clusterId: 17 });
}

describe("the machine that a person means", () => {
  test.each([
    ["its name", "web", web],
    ["its job", "13.0", db],
    ["its id", "ap.example#12.0#1795562971", web],
    ["its job, where several have its name", "15.0", jobs[3]],
    ["its job, where it cannot be read", "17.0", jobs[5]],
  ])("is found by %s", (_how, meant, found) => {
    expect(findMachine(meant, jobs)).toBe(found);
  });

  test.each(["we", "12", "12.1", "old", "16.0", "ap.example#12.0#1", "", '" || true'])("is none for %j", (meant) => {
    expect(() => findMachine(meant, jobs)).toThrow(NoSuchMachineError);
  });

  test("is asked for again where several have its name, with whose each is and how old", () => {
    expect(() => findMachine("twin", jobs)).toThrow(InvalidInputError);
    expect(() => findMachine("twin", jobs)).toThrow(
      [
        "2 machines have the name twin:",
        "  14.0 (ap.example#14.0#1795562971) of alice, 1h old",
        "  15.0 (ap.example#15.0#1795562971) of bob, 1h old",
        "  Name one by its job or its id.",
      ].join("\n"),
    );
  });
});
