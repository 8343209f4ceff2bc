import { ATTRIBUTE } from "../../contract/job-ad.ts";

/** The most of a command's input or answer that goes into the log, in characters. */
const SHOWN_MAX = 4000;

/** Stands where a secret was. */
const MASK = "…";

/** Takes one line of the log. */
export type Log = (message: string) => void;

/** What ran, and what came of it. */
export interface Ran {
  readonly command: string;
  readonly options: readonly string[];
  readonly input: string;
  readonly exitCode: number | undefined;
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Tells of one command and its answer. What a user may have marked as secret is left out: labels, wherever they stand.
 * No other attribute of ours holds what a person wrote freely but the key, which is the resource's URN.
 */
export function describeRun({ command, options, input, exitCode, seconds, stdout, stderr }: Ran): string {
  const parts = [
    `${command} ${withoutSecrets(command, options)}: exit status ${exitCode ?? "none"} after ${seconds.toFixed(3)} s`,
    ...section("input", maskTable(input)),
    ...section("stdout", maskAds(stdout)),
    ...section("stderr", maskAds(stderr)),
  ];
  return parts.join("\n");
}

function section(name: string, text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  const more = trimmed.length - SHOWN_MAX;
  return [`  ${name}: ${more > 0 ? `${trimmed.slice(0, SHOWN_MAX)}… (${more} more characters)` : trimmed}`];
}

/** The arguments, as a JSON array; the value after the labels' name is masked. */
function withoutSecrets(command: string, options: readonly string[]): string {
  const isSecret = (index: number) =>
    command === "condor_qedit" && options[index - 1]?.toLowerCase() === ATTRIBUTE.labels.toLowerCase();
  return JSON.stringify(options.map((option, index) => (isSecret(index) ? MASK : option)));
}

/** Ads as JSON, or as `Attribute = value` lines; also when they are cut off in the middle of a value. */
export function maskAds(text: string): string {
  const value = '"(?:[^"\\\\]|\\\\.)*(?:"|$)';
  return text.replace(new RegExp(`("?${ATTRIBUTE.labels}"?\\s*[:=]\\s*)${value}`, "gis"), `$1"${MASK}"`);
}

/** A submit description: in each row of its table the cell of the labels. */
function maskTable(text: string): string {
  const [, variables = ""] = /^queue (\S+) from \($/m.exec(text) ?? [];
  const column = variables.split(",").indexOf(`cloud_attribute_${ATTRIBUTE.labels.toLowerCase()}`);
  if (column < 0) return text;
  const [commands = "", ...rows] = text.split(/(?<=^queue \S+ from \()\n/m);
  const masked = rows
    .join("\n")
    .split("\n")
    .map((row) =>
      row
        .split(" ")
        .map((cell, index) => (index === column ? MASK : cell))
        .join(" "),
    );
  return [commands, ...masked].join("\n");
}
