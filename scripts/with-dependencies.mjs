// Runs a command of this project's dependencies and installs them first where they are missing or out of date:
//
//     node scripts/with-dependencies.mjs COMMAND [ARGUMENT …]
//
// The only file that the machine's own Node runs, so it needs nothing but Node 18; everything behind it runs on the
// Node that the lock file pins.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "node_modules", ".installed-from");
const commands = join(root, "node_modules", ".bin");
const [command, ...rest] = process.argv.slice(2);

/** Names what should be installed: the lock file, on this platform. */
function wanted() {
  const lock = readFileSync(join(root, "package-lock.json"));
  return createHash("sha256").update(lock).update(`${process.platform}-${process.arch}`).digest("hex");
}

function installed() {
  try {
    return readFileSync(stamp, "utf8");
  } catch {
    return "";
  }
}

/** Ends this run with one line. */
function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}

/** Runs a command to its end and gives its exit code; Ctrl-C reaches the child itself, so it is not acted on here. */
function run(file, parameters, environment = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, parameters, { cwd: root, stdio: "inherit", env: environment });
    const ignore = () => {};
    process.on("SIGINT", ignore);
    const forward = () => child.kill("SIGTERM");
    process.on("SIGTERM", forward);
    child.on("error", (error) => {
      if (error.code === "ENOENT")
        fail(`The command ${file} is not there; install it, or remove node_modules and try again.`);
      reject(error);
    });
    child.on("exit", (code, signal) => {
      process.off("SIGINT", ignore);
      process.off("SIGTERM", forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 1));
    });
  });
}

async function install() {
  console.error("Installing the dependencies of package-lock.json (npm ci) …");
  const npm = process.env.npm_execpath;
  const code = npm
    ? await run(process.execPath, [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    : await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code !== 0) fail("The dependencies could not be installed: npm ci failed, its own words stand above.", code);
  writeFileSync(stamp, wanted());
}

if (!command) {
  console.error("usage: node scripts/with-dependencies.mjs COMMAND [ARGUMENT …]");
  process.exit(2);
}
if (installed() !== wanted()) await install();
// npm's own PATH names the project's commands too, but only where npm started us.
const PATH = `${commands}${delimiter}${process.env.PATH ?? ""}`;
process.exitCode = await run(join(commands, command), rest, { ...process.env, PATH });
