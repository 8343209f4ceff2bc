import { readFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { Results } from "./results.ts";

/** The machine that this runs on. */
export function hostNow(): Results["host"] {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() || "unknown processor",
    cores: all.length,
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** What was measured, in its own words. */
export async function versionsOf(env: Record<string, string>): Promise<Record<string, string>> {
  const ours = await readFile(join(import.meta.dirname, "../../package.json"), "utf8");
  const pulumi = await execa("pulumi", ["version"], { env });
  const condor = await execa("condor_version", [], { env });
  return {
    "pulumi-condor": z.object({ version: z.string() }).parse(JSON.parse(ours)).version,
    node: process.version,
    pulumi: pulumi.stdout.trim(),
    condor: /\$CondorVersion: (\S+)/.exec(condor.stdout)?.[1] ?? "unknown",
  };
}
