import { ATTRIBUTE } from "../../contract/job-ad.ts";

/** The most of a command's input or answer that goes into the log, in characters: a submission of some machines. */
const SHOWN_MAX = 8000;

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

/** The attributes that hold what a user may have marked as secret: what a person wrote freely, but for the URN. */
const SECRET: readonly string[] = [ATTRIBUTE.labels, ATTRIBUTE.seed].map((name) => name.toLowerCase());

/** Tells of one command and its answer, without the values of {@link SECRET}, wherever they stand. */
export function describeRun({ command, options, input, exitCode, seconds, stdout, stderr }: Ran): string {
  const parts = [
    `${command} ${withoutSecrets(command, options)}: exit status ${exitCode ?? "none"} after ${seconds.toFixed(3)} s`,
    ...section("input", input, maskTable),
    ...section("stdout", stdout, maskAds),
    ...section("stderr", stderr, maskAds),
  ];
  return parts.join("\n");
}

/** Cut before it is masked: of an answer of megabytes only the beginning is looked at. */
function section(name: string, text: string, mask: (text: string) => string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  const more = trimmed.length - SHOWN_MAX;
  return [`  ${name}: ${more > 0 ? `${mask(trimmed.slice(0, SHOWN_MAX))}… (${more} more characters)` : mask(trimmed)}`];
}

/** The arguments, as a JSON array; the value after a secret attribute's name is masked. */
function withoutSecrets(command: string, options: readonly string[]): string {
  const isSecret = (index: number) =>
    command === "condor_qedit" && SECRET.includes(options[index - 1]?.toLowerCase() ?? "");
  return JSON.stringify(options.map((option, index) => (isSecret(index) ? MASK : option)));
}

/** Ads as JSON, or as `Attribute = value` lines; also when they are cut off in the middle of a value. */
export function maskAds(text: string): string {
  const value = '"(?:[^"\\\\]|\\\\.)*(?:"|$)';
  return text.replace(new RegExp(`("?(?:${SECRET.join("|")})"?\\s*[:=]\\s*)${value}`, "gis"), `$1"${MASK}"`);
}

/** A submit description: in each row of its table the cells of the secrets. */
function maskTable(text: string): string {
  const [, variables = ""] = /^queue (\S+) from \($/m.exec(text) ?? [];
  if (variables === "") return text;
  const columns = SECRET.map((name) => variables.split(",").indexOf(`cloud_attribute_${name}`));
  const [commands = "", ...rows] = text.split(/(?<=^queue \S+ from \()\n/m);
  const masked = rows
    .join("\n")
    .split("\n")
    .map((row) =>
      row
        .split(" ")
        .map((cell, index) => (columns.includes(index) ? MASK : cell))
        .join(" "),
    );
  return [commands, ...masked].join("\n");
}
