import { describe, expect, it } from "vitest";
import { verdicts } from "../../bench/aims.ts";
import { toyState } from "../../bench/projects.ts";
import { report } from "../../bench/report.ts";
import { Results } from "../../bench/results.ts";
import { machines, queued, race, results } from "./samples.ts";

function verdict(of: Results, about: string) {
  return verdicts(of).find(({ what }) => what.includes(about));
}

describe("the bench's verdicts", () => {
  it("leave Pulumi's own start out of an up, and keep it in a destroy", () => {
    const all = results({ machines: [machines({ up: race([13.5, 13.5]), destroy: race([13.4, 13.4]) })] });
    expect(verdict(all, "up of a fleet of 24")).toMatchObject({ met: true, is: "1.15 times (1.35 with the start)" });
    expect(verdict(all, "destroy of a fleet of 24")).toMatchObject({ met: false });
  });

  it("go by the median: one slow run alone misses nothing", () => {
    const slow = { ...race([13, 30, 13]), bare: [10, 10, 10], pulumi: [2, 2, 2] };
    expect(verdict(results({ machines: [machines({ up: slow })] }), "up of a fleet of 24")?.met).toBe(true);
  });

  it("count every command of an up, and one look alone of a refresh", () => {
    const twelve = { seconds: 4, commands: { condor_q: 11, condor_submit: 1 }, memoryMiB: 10 };
    const all = results({ queue: [queued({ up: twelve }), queued({ subject: "instances" })] });
    expect(verdict(all, "commands of HTCondor")).toMatchObject({ met: false, is: "12 (11 condor_q, 1 condor_submit)" });
    expect(verdict(all, "refresh of 1,000 single instances")?.met).toBe(true);
  });

  it("call what was not measured neither met nor missed", () => {
    const none = verdicts(results({ machines: [], queue: [queued({ count: 100 })] }));
    expect(none.length).toBeGreaterThan(0);
    expect(none.map(({ met }) => met)).toEqual(none.map(() => undefined));
  });

  it("take the most memory of any operation", () => {
    expect(verdict(results(), "memory of the provider with a fleet")?.is).toBe("140 MiB (a toy's provider: 95)");
  });
});

describe("the bench's report", () => {
  it("says of each figure the median with least and greatest, and of each aim whether it is met", () => {
    const text = report(results({ machines: [machines({ up: race([12, 14]) })] }));
    expect(text).toContain("13.0 (12.0–14.0)");
    expect(text).toMatch(/^NOT MET {2}|^met {2}/m);
    expect(text).toContain("3 condor_q, 1 condor_submit");
  });

  it("leaves out what was not measured", () => {
    const text = report(results({ machines: [], queue: [] }));
    expect(text).not.toMatch(/UP|DESTROY|AIM|NODE/);
  });
});

describe("the form of the results", () => {
  it("survives being written and read", () => {
    const all = results();
    expect(Results.parse(JSON.parse(JSON.stringify(all)))).toEqual(all);
  });

  it.each([
    ["another schema", { schema: 2 }],
    ["no date", { takenAt: "yesterday" }],
    ["seconds that are none", { machines: [machines({ up: race([Number.NaN]) })] }],
  ])("refuses %s", (_, wrong) => {
    expect(Results.safeParse({ ...results(), ...wrong }).success).toBe(false);
  });
});

describe("a state that becomes the toy's", () => {
  it("has other types and another provider, and is otherwise the same", () => {
    const state = {
      urn: "urn:pulumi:bench::bench::pulumi-nodejs:dynamic/condor:Fleet::fleet",
      inputs: { __provider: 'exports.handler = () => require("pulumi-condor/dynamic").fleet;', name: "condor:Fleet" },
    };
    expect(JSON.parse(toyState(JSON.stringify(state)))).toEqual({
      urn: "urn:pulumi:bench::bench::pulumi-nodejs:dynamic/toy:Fleet::fleet",
      inputs: { __provider: 'exports.handler = () => require("condor-bench-toy").handler;', name: "condor:Fleet" },
    });
  });
});
