import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Look, MachinesFigure, QueueFigure, Results } from "./results.ts";
import { median, ratios } from "./statistics.ts";

const WIDTH = 960;
const HEIGHT = 460;

const COLOUR = { bare: "#9aa5b1", start: "#d9cdb8", instances: "#2f6fb5", fleet: "#2a9d63" };

/** The aim of a look, as a line across its bars. */
const LOOK_AIM = 1.3;

/** Draws a run: at the left `pulumi up` beside the bare pool, at the right the looks over the toy's. @returns an SVG */
export function chart(results: Results): string {
  use([BarChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);
  const picture = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    picture.setOption(optionOf(results));
    return picture.renderToSVGString();
  } finally {
    picture.dispose();
  }
}

/** What the chart shows, as echarts has it. */
export function optionOf({ machines, queue }: Results) {
  const races = machines.filter(({ subject, parallel }) => subject === "fleet" || parallel !== undefined);
  const counts = distinct(races.map(({ count }) => count));
  const of = (subject: string, count: number) =>
    races.find((figure) => figure.subject === subject && figure.count === count);
  const seconds = (pick: (figure: MachinesFigure) => number, subject: string) =>
    counts.map((count) => rounded(of(subject, count), pick));
  const sizes = distinct(queue.map(({ count }) => count));
  const looks = sizes.flatMap((count) => [
    { name: `preview\n${count}`, count, operation: "preview" as const },
    { name: `refresh\n${count}`, count, operation: "refresh" as const },
  ]);
  const times = (subject: string) =>
    looks.map(({ count, operation }) =>
      rounded(
        queue.find((figure) => figure.subject === subject && figure.count === count),
        (figure) => lookTimes(figure[operation]),
      ),
    );
  // A picture in a page heeds no mouse, and would carry styles for it.
  const bar = { type: "bar" as const, barMaxWidth: 34, silent: true, emphasis: { disabled: true } };
  const label = { show: true, position: "top" as const, fontSize: 10 };
  const left = { ...bar, xAxisIndex: 0, yAxisIndex: 0 };
  const right = { ...bar, xAxisIndex: 1, yAxisIndex: 1, label };
  const own = (subject: string) => seconds(({ up }) => median(up.ours) - median(up.pulumi), subject);
  return {
    animation: false,
    backgroundColor: "#ffffff",
    title: [
      { text: "pulumi up until all machines run, seconds", left: 50, top: 8, textStyle: { fontSize: 14 } },
      { text: "no change, times a toy with the same state", left: 520, top: 8, textStyle: { fontSize: 14 } },
    ],
    legend: {
      selectedMode: false,
      bottom: 8,
      data: ["condor_submit alone", "Pulumi's own start", "CondorInstance", "CondorFleet"],
    },
    grid: [
      { left: 50, width: 400, top: 50, bottom: 80 },
      { left: 520, width: 410, top: 50, bottom: 80 },
    ],
    xAxis: [
      {
        gridIndex: 0,
        type: "category" as const,
        data: counts.map((count) => `${count} ${count === 1 ? "machine" : "machines"}`),
      },
      { gridIndex: 1, type: "category" as const, data: looks.map(({ name }) => name) },
    ],
    yAxis: [
      { gridIndex: 0, type: "value" as const },
      { gridIndex: 1, type: "value" as const },
    ],
    series: [
      {
        ...left,
        name: "condor_submit alone",
        color: COLOUR.bare,
        label,
        data: counts.map((count) => bareSeconds(races, count)),
      },
      ...(["instances", "fleet"] as const).flatMap((subject) => [
        {
          ...left,
          name: "Pulumi's own start",
          stack: subject,
          color: COLOUR.start,
          data: seconds(({ up }) => median(up.pulumi), subject),
        },
        {
          ...left,
          name: nameOf(subject),
          stack: subject,
          color: COLOUR[subject],
          label: { ...label, position: "inside" as const, color: "#ffffff" },
          data: own(subject),
        },
      ]),
      ...(["instances", "fleet"] as const).map((subject, index) => ({
        ...right,
        name: nameOf(subject),
        color: COLOUR[subject],
        data: times(subject),
        ...(index === 0 ? { markLine: AIM_LINE } : {}),
      })),
    ],
  };
}

const AIM_LINE = {
  silent: true,
  symbol: "none",
  lineStyle: { color: "#b0413e", type: "dashed" as const },
  label: { formatter: `aim ${LOOK_AIM}`, position: "insideEndTop" as const },
  data: [{ yAxis: LOOK_AIM }],
};

function nameOf(subject: "instances" | "fleet"): string {
  return subject === "fleet" ? "CondorFleet" : "CondorInstance";
}

/** What the bare pool took for so many: the runs beside the first figure of that size, which all share them. */
function bareSeconds(races: readonly MachinesFigure[], count: number): number | null {
  return rounded(
    races.find((figure) => figure.count === count),
    ({ up }) => median(up.bare),
  );
}

function lookTimes({ ours, toy }: Look): number {
  return median(ratios(ours, toy));
}

/** A gap where nothing was measured. */
function rounded<T extends MachinesFigure | QueueFigure>(
  figure: T | undefined,
  value: (figure: T) => number,
): number | null {
  return figure === undefined ? null : Number(value(figure).toFixed(2));
}

function distinct(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
