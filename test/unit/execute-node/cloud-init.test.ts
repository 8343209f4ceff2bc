import { expect, test } from "vitest";
import { cloudInitByConsole, cloudInitByFiles } from "../../../execute-node/agent/cloud-init.ts";

const result = (...errors: string[]) => JSON.stringify({ v1: { datasource: "DataSourceNoCloud", errors } });

/** As cloud-init 25.1.4 of Debian 13 wrote it after a warning that it recovered from. */
const STATUS = JSON.stringify({
  v1: {
    datasource: "DataSourceNone",
    "modules-final": {
      errors: [],
      finished: 50.01,
      recoverable_errors: { WARNING: ["Used fallback datasource"] },
      start: 48.64,
    },
    stage: null,
  },
});

test("cloud-init has ended when its result is there: done without errors, failed with its own", () => {
  expect(cloudInitByFiles(result(), undefined)).toEqual({ cloudInit: "done" });
  expect(cloudInitByFiles(result(), STATUS)).toEqual({ cloudInit: "done" });
  const error = "('scripts_user', RuntimeError('Runparts: 1 failures (runcmd) in 1 attempted commands'))";
  expect(cloudInitByFiles(result(error, error, "b"), undefined)).toEqual({ cloudInit: "failed", errors: [error, "b"] });
});

test("before that it runs where its status is there, and is not there otherwise", () => {
  expect(cloudInitByFiles(undefined, STATUS)).toEqual({ cloudInit: "running" });
  expect(cloudInitByFiles(undefined, undefined)).toBeUndefined();
});

test.each(["", "{", "null", "[]", '{"v1":{}}', '{"v1":{"errors":7}}', '{"v1":{"errors":[7]}}'])(
  "a result that is half written, or none, has not come: %j",
  (text) => {
    expect(cloudInitByFiles(text, undefined)).toEqual({ cloudInit: "running" });
  },
);

test("of a guest's errors a few are told, in a line each, without what would move a terminal's cursor", () => {
  const many = Array.from({ length: 50 }, (_, index) => `${index}\u001b[2J\r\n\u202e${"x".repeat(5000)}`);
  const { errors = [] } = cloudInitByFiles(result(...many), undefined) ?? {};
  expect(errors).toHaveLength(5);
  for (const error of errors) expect(error).toMatch(/^\d+ \[2J x{400,500}$/);
});

/** From the serial console of Debian 13, word for word, without the lines between. */
const NETWORK = [
  "[  189.271592] cloud-init[284]: Cloud-init v. 25.1.4 running 'init-local' at Wed, 25 Nov 2026 22:20:19 +0000. Up 187.73 seconds.\r",
  "[  229.887041] cloud-init[284]: Cloud-init v. 25.1.4 running 'init' at Wed, 25 Nov 2026 22:21:00 +0000. Up 228.91 seconds.\r",
  "[  230.551593] cloud-init[284]: ci-info: +++++++++++++++Net device info+++++++++++++++\r",
];
const FINAL =
  "[  307.627003] cloud-init[284]: Cloud-init v. 25.1.4 running 'modules:final' at Wed, 25 Nov 2026 22:22:15 +0000. Up 303.98 seconds.\r";
const FINISHED =
  "[   49.893926] cloud-init[285]: Cloud-init v. 25.1.4 finished at Wed, 25 Nov 2026 22:01:02 +0000. Datasource DataSourceNone.  Up 49.66 seconds\r";
const FALLBACK =
  "[   50.006813] cloud-init[285]: 2026-11-25 22:01:03,005 - cc_final_message.py[WARNING]: Used fallback datasource\r";
const MODULE =
  "[  235.595137] cloud-init[284]: 2026-11-25 22:21:07,142 - log_util.py[WARNING]: Running module write-files (<module 'cloudinit.config.cc_write_files' from '/usr/lib/python3/dist-packages/cloudinit/config/cc_write_files.py'>) failed\r";
const UNIT =
  "[\u001b[0;1;31mFAILED\u001b[0m] Failed to start \u001b[0;1;39mcloud-init-network…ervice\u001b[0m - Cloud-init: Network Stage.\r\r";
const RUNCMD =
  "[  309.892683] cloud-init[284]: 2026-11-25 22:22:21,471 - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)\r";
const LAST_UNIT =
  "[\u001b[0;1;31mFAILED\u001b[0m] Failed to start \u001b[0;1;39mcloud-final.service\u001b[0m - Cloud-init: Final Stage.\r\r";

const console = (...lines: string[]) => `${lines.join("\n")}\n`;

test("a console tells of cloud-init that runs, and that has finished", () => {
  expect(cloudInitByConsole(console("[    1.2] Linux version 6.12", "login: "))).toBeUndefined();
  expect(cloudInitByConsole(console(...NETWORK))).toEqual({ cloudInit: "running" });
  expect(cloudInitByConsole(console(...NETWORK, FINAL, FINISHED, FALLBACK))).toEqual({ cloudInit: "done" });
  // Without the kernel's clock, as where it does not go through the kernel's log.
  expect(cloudInitByConsole(FINISHED.replace(/^.*?: /, ""))).toEqual({ cloudInit: "done" });
});

test("what failed on the way is told once it has finished, and not before", () => {
  expect(cloudInitByConsole(console(...NETWORK, MODULE, UNIT))).toEqual({ cloudInit: "running" });
  expect(cloudInitByConsole(console(...NETWORK, MODULE, UNIT, FINAL, RUNCMD, FINISHED))).toEqual({
    cloudInit: "failed",
    errors: [
      "Running module write-files (<module 'cloudinit.config.cc_write_files' from '/usr/lib/python3/dist-packages/cloudinit/config/cc_write_files.py'>) failed",
      "Failed to start cloud-init-network…ervice - Cloud-init: Network Stage.",
      "Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)",
    ],
  });
});

test("a final stage that did not come to its last line has failed", () => {
  expect(cloudInitByConsole(console(...NETWORK, FINAL, LAST_UNIT))).toEqual({
    cloudInit: "failed",
    errors: ["Failed to start cloud-final.service - Cloud-init: Final Stage."],
  });
});

test("words about cloud-init inside a line are none of its own", () => {
  const text = console(
    "root@guest:~# echo Cloud-init v. 1 finished at noon",
    "a cloud-init[1]: Cloud-init v. 1 finished at noon",
  );
  expect(cloudInitByConsole(text)).toBeUndefined();
});

test("a console of a mebibyte without a line's end is read in no time to speak of", () => {
  for (const text of [
    "[".repeat(2 ** 20),
    "\u001b[".repeat(2 ** 19),
    `[WARNING]: Running module ${"x ".repeat(2 ** 18)}`,
  ]) {
    expect(cloudInitByConsole(text)).toBeUndefined();
  }
});
