import { describe, expect, test } from "vitest";
import { followConsole, wholeConsole } from "../../../provider/instance/follow-console.ts";
import { createInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor, silence } from "../htcondor/fake-condor.ts";
import { INPUTS } from "./samples.ts";

const FIRST = "SeaBIOS (version 1.16.3)\r\nBooting from Hard Disk...\r\nGUEST-UP 2.1\r\n";

/** A machine whose pool goes on by one step each time that its console is read. */
async function followed(steps: readonly ((condor: FakeCondor) => void)[]) {
  const condor = Object.assign(new FakeCondor(), { console: FIRST });
  const context = condor.context();
  const { id } = await createInstance(INPUTS, context, new Operation({ timeoutSeconds: 20 }));
  const said: string[] = [];
  let heard = "";
  const operation = new Operation({
    timeoutSeconds: 60,
    progress: (words) => words !== "" && said.push(words),
    warn: (words) => said.push(words),
  });
  const before = await wholeConsole(id, context, operation);
  const left = [...steps];
  condor.before = (command) => {
    if (command === "condor_tail") (left.shift() ?? gone)(condor);
  };
  await followConsole(id, before, (text) => (heard += text), context, operation);
  return { before, heard, said };
}

const says = (text: string) => (condor: FakeCondor) => {
  condor.console = text;
};

/** The machine's end. */
function gone(condor: FakeCondor): never {
  condor.jobs.splice(0);
  throw silence("Failed to peek at file from starter: Failed to send START_PEEK to starter");
}

/** HTCondor takes the machine from its node. */
function taken(condor: FakeCondor): never {
  Object.assign(condor.jobs[0] ?? {}, { JobStatus: 1, RemoteHost: undefined });
  throw silence("Failed to peek at file from starter: Failed to send START_PEEK to starter");
}

function restarted(condor: FakeCondor): void {
  Object.assign(condor.jobs[0] ?? {}, { JobStatus: 2, RemoteHost: "slot1_1@exec1" });
}

describe("a console that is followed", () => {
  test("is heard once, to the machine's end", async () => {
    const { before, heard, said } = await followed([says(FIRST), says(`${FIRST}GUEST-IP 10.0.0.7\r\n`)]);
    expect(before).toBe(FIRST);
    expect(heard).toBe("GUEST-IP 10.0.0.7\r\n");
    expect(said).toEqual([]);
  });

  test("goes on when the machine was started anew, and says so", async () => {
    const again = "SeaBIOS (version 1.16.3)\r\nBooting from Hard Disk...\r\n";
    const { heard, said } = await followed([taken, restarted, says(again)]);
    expect(heard).toBe(again);
    expect(said).toEqual([
      "the machine is queued: waiting for its console",
      "What follows does not join what came before: the machine began anew.",
    ]);
  });

  test("ends with what is no passing silence", async () => {
    const noConsole = (condor: FakeCondor) => {
      Object.assign(condor, { console: undefined });
    };
    await expect(followed([noConsole])).rejects.toMatchObject({ code: "command-failed" });
  });
});
