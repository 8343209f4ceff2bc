import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { CopyProgress } from "../../../cli/copy-progress.ts";
import { imageTable } from "../../../cli/image/image-table.ts";
import { pruningLines } from "../../../cli/image/prune.ts";
import { imageFacts } from "../../../cli/image/show.ts";
import { launchedLine } from "../../../cli/instance/launch.ts";
import { instanceFacts } from "../../../cli/instance/show.ts";
import { bytesText, facts } from "../../../cli/text.ts";
import { claimOf } from "../../../provider/instance/claim.ts";
import { type InstanceView, strangerView, viewOf } from "../../../provider/instance/view.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { ID, queued } from "../instance/samples.ts";

const DIGEST = "a".repeat(64);
const IMAGE = {
  reference: `debian@sha256:${DIGEST}`,
  name: "debian",
  digest: DIGEST,
  format: "qcow2",
  architecture: "x86_64",
  firmware: "bios",
  virtualSizeGiB: 2,
  sizeBytes: 126 * 1024 ** 2,
  createdAt: "2026-11-25T09:46:40.000Z",
  description: "of\nthe team",
  labels: { team: "shop" },
};

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [13_631_488, "13 MiB"],
  [1.5 * 1024 ** 3, "1.5 GiB"],
  [64 * 1024 ** 4, "65536 GiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test("facts stand in two columns, without those that are not known", () => {
  expect(
    facts([
      ["a", "1"],
      ["long name", "2"],
      ["none", ""],
    ]),
  ).toBe("a          1\nlong name  2");
});

test("the table of images is one line an image", () => {
  expect(imageTable([IMAGE]).split("\n")).toEqual([
    "NAME    DIGEST        FORMAT  DISK   SIZE     ARCHITECTURE  FIRMWARE  ADDED",
    "debian  aaaaaaaaaaaa  qcow2   2 GiB  126 MiB  x86_64        bios      2026-11-25T09:46Z",
  ]);
});

describe("an image that is shown", () => {
  const shown = { ...IMAGE, machineType: "q35", machines: [{ name: "web", jobId: "12.0" }], nodes: [] };

  test("has each of its facts in one line, and the machines that need it", () => {
    const lines = imageFacts(shown).split("\n");
    expect(lines).toContain("description   of the team");
    expect(lines).toContain("labels        team=shop");
    expect(lines).toContain("machines      web (12.0)");
    expect(lines).toContain("nodes         -");
  });

  test("says what is not known while the pool does not answer", () => {
    const lines = imageFacts({ ...shown, machines: undefined, nodes: undefined }).split("\n");
    expect(lines).toContain("machines      not known");
  });
});

describe("a pruning", () => {
  const image = { kind: "image", digest: DIGEST, names: ["debian"], diskBytes: 2048 } as const;
  const nameless = { kind: "image", digest: DIGEST, names: [], diskBytes: 0 } as const;
  const temporary = { kind: "temporary", path: "/store/sha256/.incoming-x", diskBytes: 1024 } as const;

  test("tells what it removed and how much that was", () => {
    const lines = pruningLines({ removed: [image, nameless, temporary], kept: [], freedBytes: 3072 }, false);
    expect(lines.split("\n")).toEqual([
      "Removed the image aaaaaaaaaaaa, which was debian, 2 KiB.",
      "Removed the image aaaaaaaaaaaa, which has no name, 0 B.",
      "Removed what a writer that died left, /store/sha256/.incoming-x, 1 KiB.",
      "Removed 3 KiB in all.",
    ]);
  });

  test("tells what it would remove, and what machines keep", () => {
    const kept = [{ digest: DIGEST, names: ["debian"], users: [{ name: "web", jobId: "12.0" }] }];
    expect(pruningLines({ removed: [], kept, freedBytes: 0 }, true).split("\n")).toEqual([
      "Kept the image aaaaaaaaaaaa, which was debian: needed by web (12.0).",
      "Nothing to remove.",
    ]);
  });
});

describe("a machine that is shown", () => {
  const now = 1_795_562_971_000 + 90_000;
  function shown(view: InstanceView | undefined, more = {}): string[] {
    if (view === undefined) throw new Error("no view");
    const rest = { claim: claimOf(view), startedAt: "", starts: 0, claimUntil: "", queueing: [], ...more };
    return instanceFacts({ ...view, ...rest }).split("\n");
  }

  test("says who claims it, and why no node takes it, in lines that command no terminal", () => {
    const view = viewOf(queued({}, sampleJob({ name: "web", acknowledged: true })), undefined, undefined, now);
    const lines = shown(view, { queueing: ["exec1: has 0 vCPUs free", "HTCondor:\u001b[2J no"] });
    expect(lines).toContain("state        queued");
    expect(lines).toContain(
      "submitted    2026-11-25T00:09:31.000Z, 1m 30s ago".replace("2026-11-25T00:09:31.000Z", view?.createdAt ?? ""),
    );
    expect(lines.slice(-3)).toEqual(["It queues because:", "  exec1: has 0 vCPUs free", "  HTCondor: [2J no"]);
  });

  test("that nobody claims yet says when HTCondor removes it", () => {
    const view = viewOf(queued({}, sampleJob({ acknowledged: false })), undefined, undefined, now);
    const lines = shown(view, { claimUntil: "2026-11-25T10:00:00.000Z" });
    expect(lines.some((line) => /^stack +\(unclaimed yet\)$/.test(line))).toBe(true);
    expect(lines.some((line) => /^unless claimed +HTCondor removes it at 2026-11-25T10:00:00.000Z$/.test(line))).toBe(
      true,
    );
  });

  test("that was submitted by hand says what HTCondor knows", () => {
    const lines = shown(strangerView(queued({ owner: "bob" }), now));
    expect(lines.some((line) => /^name /.test(line))).toBe(false);
    expect(lines.some((line) => /^stack +\(by hand\)$/.test(line))).toBe(true);
    expect(lines.some((line) => /^owner +bob$/.test(line))).toBe(true);
  });
});

test("a launch says where its machine runs, that it was left to queue, and the console's password once", () => {
  const outputs = { name: "web", state: "running", host: "exec1", ipAddress: "10.0.0.5", ready: true };
  expect(launchedLine({ id: ID, outputs })).toBe("web (12.0) is running on exec1 with the address 10.0.0.5.");
  const left = { name: "web", state: "queued", host: "", ipAddress: "", ready: false };
  expect(launchedLine({ id: ID, outputs: left })).toBe("web (12.0) is queued. It was left to queue.");
  const secret = { ...outputs, vncAddress: "10.0.0.2:5900", vncPassword: "s3cret" };
  expect(launchedLine({ id: ID, outputs: secret })).toContain("\nVNC console: 10.0.0.2:5900, password s3cret");
});

describe("the progress of a copy", () => {
  const MIB = 1024 * 1024;
  function output(isTTY: boolean) {
    const stream = Object.assign(new PassThrough(), {
      isTTY,
      columns: 100,
      cursorTo() {},
      clearLine() {},
      moveCursor() {},
    });
    return { stream, text: () => String(stream.read() ?? "") };
  }

  test("is a line every five seconds where nobody watches, and none for what is quick", () => {
    const { stream, text } = output(false);
    let now = 0;
    const progress = new CopyProgress(stream, () => now);
    for (const [seconds, done] of [
      [1, 1],
      [4.9, 2],
      [5, 3],
      [6, 4],
      [10.5, 5],
    ] as const) {
      now = seconds * 1000;
      progress.advance("copying", done * MIB, 10 * MIB);
    }
    progress.stop();
    expect(text()).toBe("copying: 30 % of 10 MiB\ncopying: 50 % of 10 MiB\n");
  });

  test("is a bar on a terminal", () => {
    const { stream, text } = output(true);
    const progress = new CopyProgress(stream);
    progress.advance("copying", 0, 10 * MIB);
    progress.advance("copying", 5 * MIB, 10 * MIB);
    progress.stop();
    expect(text()).toContain("% of 10 MiB");
  });
});
