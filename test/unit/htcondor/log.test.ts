import { describe, expect, test } from "vitest";
import { encodeLabels } from "../../../contract/job-ad.ts";
import { encodeSeed, seedDigest } from "../../../contract/seed.ts";
import { describeRun, maskAds, type Ran } from "../../../provider/htcondor/log.ts";
import { submitDescription } from "../../../provider/htcondor/submit-description.ts";
import { sampleJob } from "./samples.ts";

const ran: Ran = { command: "condor_q", options: [], input: "", exitCode: 0, seconds: 0.0123, stdout: "", stderr: "" };
const SECRET = encodeLabels({ token: "hunter2" });

describe("the log of a command", () => {
  test("has its arguments, its exit status, its time and its answer", () => {
    expect(describeRun({ ...ran, options: ["-json", "a b"], stdout: "[]\n", stderr: "careful" })).toBe(
      'condor_q ["-json","a b"]: exit status 0 after 0.012 s\n  stdout: []\n  stderr: careful',
    );
  });

  test("is bounded", () => {
    const text = describeRun({ ...ran, stdout: "x".repeat(10_000) });
    expect(text.length).toBeLessThan(8200);
    expect(text).toContain("(2000 more characters)");
  });

  test("says nothing of labels that the bound cuts in two", () => {
    for (const before of [7970, 7985, 7990]) {
      const stdout = `${"x".repeat(before)} CloudLabels = "${SECRET}"`;
      const text = describeRun({ ...ran, stdout });
      expect(text).not.toContain(SECRET.slice(0, 5));
      expect(text).toContain("more characters)");
    }
  });

  test("says nothing of the labels that an edit sets, and tells the rest", () => {
    const options = [
      "-constraint",
      'ClusterId == 1 && CloudLabels == "x"',
      "CloudLabels",
      `"${SECRET}"`,
      "CloudDeadline",
      "7",
    ];
    const text = describeRun({ ...ran, command: "condor_qedit", options });
    expect(text).not.toContain(SECRET);
    expect(text).toContain('"CloudDeadline","7"');
  });

  test("says nothing of labels and seeds of a submission, and shows it whole otherwise", () => {
    const seed = { userData: "#!hunter2", metaData: {} };
    const job = {
      ...sampleJob({ labels: { token: "hunter2" }, seed: seedDigest(seed) }),
      seed: encodeSeed(seed),
    };
    const input = submitDescription([job, sampleJob(), job]);
    const text = describeRun({ ...ran, command: "condor_submit", input });
    for (const secret of [SECRET, encodeSeed(seed)]) {
      expect(input.split(secret)).toHaveLength(3);
      expect(text).not.toContain(secret);
    }
    expect(text).toContain("universe = vm");
    expect(text).toContain(seedDigest(seed));
  });
});

test.each([
  `"CloudLabels": "${SECRET}"`,
  `"cloudlabels":"${SECRET}"`,
  `"CLOUDLABELS" :\n "${SECRET}"`,
  `CloudLabels = "${SECRET}"`,
  `CloudLabels="${SECRET}`,
  `"CloudLabels": "a\\"${SECRET}"`,
  `"CloudLabels": "line\n${SECRET}"`,
  `"CloudSeed": "${SECRET}"`,
  `CloudSeed = "${SECRET}`,
  `Parse error in expression: \n\tMY.CloudSeed = "${SECRET}"`,
])("labels and seeds in an answer are masked, however they stand there: %j", (text) => {
  const masked = maskAds(`{ ${text}`);
  expect(masked).not.toContain(SECRET);
  expect(maskAds(`"CloudName": "web", ${text}, "CloudKey": "k"`)).toContain('"CloudName": "web"');
});
