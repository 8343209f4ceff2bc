import { table } from "../../cli/table.ts";
import { mostMemory, titleOf, verdicts } from "./aims.ts";
import { commandsTold, total } from "./commands.ts";
import type { NodeFigure, Race, Results } from "./results.ts";
import { ratios, spread, told } from "./statistics.ts";

/** All that a run measured, as a person reads it. Each value is a median; in brackets are the least and the greatest. */
export function report(results: Results): string {
  const { machines, queue, node } = results;
  const parts = [
    heading(results),
    ...(machines.length > 0 ? [raceTable(results, "up"), raceTable(results, "destroy")] : []),
    ...(queue.length > 0 ? [queueTable(results), lookTable(results)] : []),
    ...(node === undefined ? [] : [nodeTable(node)]),
    ...(machines.length + queue.length > 0 ? [aimTable(results)] : []),
  ];
  return parts.join("\n\n");
}

function heading({ takenAt, runs, guest, host, versions }: Results): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const machine = `${host.processor}, ${host.cores} cores, ${host.memoryMiB} MiB, load ${host.loadBefore.toFixed(1)} before`;
  return `${takenAt}, ${runs} ${runs === 1 ? "run" : "runs"}, ${guest} guests\n${machine}\n${programs.join(", ")}`;
}

function raceTable({ machines }: Results, operation: "up" | "destroy"): string {
  const isUp = operation === "up";
  const headings = [
    isUp ? "PULUMI UP TO RUNNING" : "DESTROY",
    isUp ? "BARE SUBMIT, S" : "BARE RM, S",
    "OURS, S",
    "PULUMI'S START, S",
    "OURS / BARE",
    "LESS START",
    "CPU OURS, S",
    "CPU BARE, S",
    "COMMANDS",
  ];
  const rows = machines.map((figure) => [titleOf(figure), ...raceCells(figure[operation])]);
  return table(headings, rows);
}

function raceCells({ ours, bare, pulumi, oursCpu, bareCpu, commands }: Race): string[] {
  return [
    told(bare, 1),
    told(ours, 1),
    told(pulumi, 1),
    told(ratios(ours, bare), 2),
    told(ratios(ours, bare, pulumi), 2),
    told(oursCpu, 1),
    told(bareCpu, 1),
    String(total(commands)),
  ];
}

function queueTable({ queue }: Results): string {
  const rows = queue.map((figure) => [
    queueTitle(figure),
    figure.up.seconds.toFixed(1),
    commandsTold(figure.up.commands),
    mostMemory(figure).toFixed(0),
    (figure.stateBytes / 1024).toFixed(0),
  ]);
  return table(["QUEUED MEMBERS", "UP, S", "COMMANDS OF UP", "PROVIDER, MIB", "STATE, KIB"], rows);
}

function lookTable({ queue }: Results): string {
  const rows = queue.flatMap((figure) =>
    (["preview", "refresh"] as const).map((operation) => {
      const { ours, toy, oursCpu, toyCpu, commands } = figure[operation];
      return [
        `${operation} of ${queueTitle(figure)}`,
        told(toy, 1),
        told(ours, 1),
        told(ratios(ours, toy), 2),
        told(oursCpu, 1),
        told(toyCpu, 1),
        commandsTold(commands),
      ];
    }),
  );
  return table(["NO CHANGE", "TOY, S", "OURS, S", "OURS / TOY", "CPU OURS, S", "CPU TOY, S", "COMMANDS"], rows);
}

function queueTitle({ subject, count }: Results["queue"][number]): string {
  if (subject === "fleet") return `a fleet of ${count}`;
  return `${count} ${count === 1 ? "instance" : "instances"}`;
}

function nodeTable(node: NodeFigure): string {
  const { machines, copySeconds, cpSeconds, sha256sumSeconds, memoryWithOne, memoryWithAll } = node;
  const plain = cpSeconds.map((seconds, run) => seconds + (sha256sumSeconds[run] ?? Number.NaN));
  const times = table(
    ["AN EXECUTE NODE", "MIN", "MEDIAN", "MAX"],
    [
      spread("prepare with a cached image, alone, ms", node.prepareAloneMs, 0),
      spread(`prepare with a cached image, ${machines} at once, ms`, node.prepareAtOnceMs, 0),
      spread("copy of 2 GiB into the cache, s", copySeconds, 2),
      spread("cp of 2 GiB, synced, s", cpSeconds, 2),
      spread("sha256sum of 2 GiB, s", sha256sumSeconds, 2),
      spread("copy / (cp + sha256sum)", ratios(copySeconds, plain), 2),
    ],
  );
  const memory = table(
    ["THE AGENT'S MEMORY", "RSS, MiB", "PSS, MiB"],
    [
      ["with 1 machine", memoryWithOne.rssMiB.toFixed(0), memoryWithOne.pssMiB.toFixed(0)],
      [`with ${machines} machines`, memoryWithAll.rssMiB.toFixed(0), memoryWithAll.pssMiB.toFixed(0)],
    ],
  );
  return `${times}\n\n${memory}`;
}

function aimTable(results: Results): string {
  const rows = verdicts(results).map(({ what, aim, is, met }) => [
    met === undefined ? "not measured" : met ? "met" : "NOT MET",
    what,
    aim,
    is,
  ]);
  return table(["AIM", "", "AT MOST", "IS"], rows);
}
