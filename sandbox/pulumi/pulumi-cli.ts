import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { Reporter } from "../actions/action.ts";
import { makeOnce } from "../cache.ts";
import { run } from "../command.ts";
import { SandboxError } from "../errors.ts";
import { cacheFolder } from "../paths.ts";

interface GoProgram {
  /** The name of the executable. */
  readonly name: string;
  /** Its package's path. */
  readonly path: string;
  readonly version: string;
  readonly linkerFlags: string;
}

const CLI_VERSION = "v3.274.1";

/** The CLI, and the last Node.js language host that the Go module proxy serves: it works with newer CLIs. */
const PROGRAMS: readonly GoProgram[] = [
  {
    name: "pulumi",
    path: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version: CLI_VERSION,
    // Without this, `pulumi version` prints nothing.
    linkerFlags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${CLI_VERSION}`,
  },
  {
    name: "pulumi-language-nodejs",
    path: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    version: "v3.68.0",
    linkerFlags: "-s -w",
  },
];

/** Ships in the npm package; it must lie beside the CLI, or each run warns. */
const DYNAMIC_PROVIDER = "pulumi-resource-pulumi-nodejs";

/** The CLI takes minutes to compile where Go's build cache is cold. */
const BUILD_TIMEOUT_SECONDS = 3600;
const HEARTBEAT_MILLISECONDS = 5000;

/** Where a Pulumi CLI of our own making is, once it is made. */
export function builtPulumiFolder(): string {
  const hash = createHash("sha256").update(JSON.stringify(PROGRAMS)).digest("hex").slice(0, 12);
  return join(cacheFolder(), `pulumi-${hash}`);
}

/**
 * Finds out before anything is made whether {@link pulumiCli} has what it needs.
 *
 * @throws SandboxError when there is neither Pulumi nor Go
 */
export async function checkPulumi(): Promise<void> {
  if (existsSync(builtPulumiFolder()) || (await installedPulumiFolder()) !== undefined) return;
  await requireGo();
}

/**
 * Gets a Pulumi CLI: the one on PATH if it works, else one compiled from the Go module proxy, once.
 *
 * @returns the folder to put on PATH, holding pulumi, pulumi-language-nodejs and pulumi-resource-pulumi-nodejs
 * @throws SandboxError when there is neither Pulumi nor Go, or compiling fails
 */
export async function pulumiCli(options: { reporter: Reporter; signal?: AbortSignal | undefined }): Promise<string> {
  const { reporter, signal } = options;
  const present = await installedPulumiFolder();
  if (present !== undefined) return present;
  return makeOnce(builtPulumiFolder(), { reporter, signal, what: "the Pulumi CLI" }, async (temporary) => {
    await requireGo();
    const launcher = dynamicProvider();
    await mkdir(temporary);
    for (const program of PROGRAMS) await compile(program, temporary, reporter, signal);
    await copyFile(launcher, join(temporary, DYNAMIC_PROVIDER));
  });
}

/** The folder of the Pulumi on PATH, if it runs and has its Node.js language host. */
async function installedPulumiFolder(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const folder = folders.find((candidate) => existsSync(join(candidate, "pulumi")));
  if (folder === undefined) return undefined;
  const env = { PULUMI_SKIP_UPDATE_CHECK: "1" };
  const version = await run(join(folder, "pulumi"), ["version"], { env, timeoutSeconds: 30 }).catch(() => "");
  const host = [folder, ...folders].some((candidate) => existsSync(join(candidate, "pulumi-language-nodejs")));
  return version !== "" && host ? folder : undefined;
}

async function requireGo(): Promise<void> {
  const version = await run("go", ["env", "GOVERSION"]).catch(() => "");
  const [major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  if (major > 1 || (major === 1 && minor >= 24)) return;
  throw new SandboxError({
    what: "There is no Pulumi CLI on PATH, and no Go 1.24 or later to compile one with.",
    why: version === "" ? "The command `go` is not on PATH." : `The Go here is ${version}.`,
    remedy: "Install the Pulumi CLI (see pulumi.com/docs/install) or Go, and run this again.",
  });
}

/** Compiles in a module of its own, because `go install` refuses modules with replace directives. */
async function compile(
  program: GoProgram,
  folder: string,
  reporter: Reporter,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { name, path, version, linkerFlags } = program;
  const module = join(folder, "module");
  await mkdir(module);
  const began = Date.now();
  const say = () => reporter.say(`compiling ${name} ${version}: ${Math.round((Date.now() - began) / 1000)} s`);
  say();
  const heartbeat = setInterval(say, HEARTBEAT_MILLISECONDS);
  const go = (args: readonly string[]) =>
    run("go", args, { cwd: module, signal, timeoutSeconds: BUILD_TIMEOUT_SECONDS, env: { GOFLAGS: "-mod=mod" } });
  try {
    await go(["mod", "init", "condor-cloud.test/build"]);
    await go(["get", "-tool", `${path}@${version}`]);
    await go(["build", "-ldflags", linkerFlags, "-o", join(folder, name), path]);
  } finally {
    clearInterval(heartbeat);
    await rm(module, { recursive: true, force: true });
  }
}

function dynamicProvider(): string {
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve("@pulumi/pulumi/package.json")), DYNAMIC_PROVIDER);
  } catch (cause) {
    throw new SandboxError({
      what: "The npm package @pulumi/pulumi is not installed.",
      remedy: "Install it: npm install @pulumi/pulumi",
      cause,
    });
  }
}
