import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import type { Answer } from "../../../execute-node/protocol.ts";

const PROGRAM = join(import.meta.dirname, "../../../execute-node/main.ts");

/** Runs the prepare hook in a scratch directory, beside an agent that gives this answer and a `setfacl` that ends so. */
async function runHook(answer: Answer, { setfaclExit = 0, account = userInfo().username, scratchMode = 0o700 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "prepare-hook-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const scratch = join(folder, "scratch");
  await mkdir(scratch, { mode: scratchMode });
  const script = `#!/bin/sh\necho "$*" >> ${folder}/acl\nexit ${setfaclExit}\n`;
  await writeFile(join(folder, "setfacl"), script, { mode: 0o755 });
  const requests: unknown[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      requests.push(JSON.parse(data.toString()));
      socket.end(`${JSON.stringify(answer)}\n`);
    });
  });
  const socket = join(folder, "socket");
  server.listen(socket);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const hook = await execa(process.execPath, [PROGRAM, "prepare", socket, account], {
    cwd: scratch,
    input: 'CloudName = "web"\n',
    env: { PATH: `${folder}:${process.env.PATH}` },
    stripFinalNewline: false,
  });
  const acl = await readFile(join(folder, "acl"), "utf8").catch(() => "");
  return { stdout: hook.stdout, scratch, requests, acl, console: join(scratch, "console.log") };
}

test("a machine that is ready has a console in its scratch directory, which HTCondor may give to the job's owner", async () => {
  const { stdout, scratch, requests, acl, console } = await runHook({ answer: "done" }, { account: "agent" });
  expect(stdout).toBe('TransferOutput = "console.log"\n');
  expect(requests).toEqual([{ request: "prepare", ad: 'CloudName = "web"', scratch }]);
  expect((await stat(console)).mode & 0o777).toBe(0o600);
  expect(acl).toBe("-m u:agent:rw console.log\n-m u:agent:x .\n");
});

test("a scratch directory that everybody may walk through is left as it is", async () => {
  const { acl } = await runHook({ answer: "done" }, { account: "agent", scratchMode: 0o755 });
  expect(acl).toBe("-m u:agent:rw console.log\n");
});

test("where the console cannot be offered the machine is made ready all the same", async () => {
  const { stdout, requests } = await runHook({ answer: "done" }, { setfaclExit: 1 });
  expect(stdout).toBe("");
  expect(requests).toEqual([{ request: "prepare", ad: 'CloudName = "web"' }]);
});

test("a machine that is refused is held for the reason alone", async () => {
  const { stdout } = await runHook({ answer: "refused", retry: false, message: "No image." });
  expect(stdout).toBe('HookStatusCode = 1\nHookStatusMessage = "No image."\n');
});
