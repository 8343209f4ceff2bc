import { XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { chart, optionOf } from "../../bench/chart.ts";
import { machines, queued, results } from "./samples.ts";

describe("the bench's chart", () => {
  it("is an SVG that stands alone", () => {
    const svg = chart(results());
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).not.toMatch(/<script|<image|NaN|undefined/);
    for (const words of ["CondorFleet", "CondorInstance", "condor_submit alone", "24 machines"]) {
      expect(svg).toContain(words);
    }
  });

  it("stacks Pulumi's own start below what is ours", () => {
    const { series } = optionOf(results());
    const shown = series.map(({ name, data }) => [name, data[0]]);
    expect(shown).toContainEqual(["condor_submit alone", 10]);
    expect(shown).toContainEqual(["Pulumi's own start", 2]);
    expect(shown).toContainEqual(["CondorFleet", 11]);
  });

  it("leaves a gap where nothing was measured", () => {
    const { series } = optionOf(results({ machines: [machines()], queue: [queued()] }));
    const instances = series.filter(({ name }) => name === "CondorInstance");
    expect(instances.map(({ data }) => data[0])).toEqual([null, null]);
  });
});
