import { expect, test } from "vitest";
import { instanceTable } from "../../../cli/instance.ts";
import { viewOf } from "../../../provider/instance/view.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { failure, queued, report } from "../instance/samples.ts";

const now = Date.now();
const running = viewOf(
  queued({ status: 2, slot: "slot1@exec1" }, sampleJob({ name: "web" })),
  report({ state: "running", message: "all is well" }),
  undefined,
  now,
);
const refused = viewOf(queued({ lastRunAt: 1 }, sampleJob({ name: "db" })), undefined, failure("no\nroom"), now);

test("the list says in one line why a machine does not run", () => {
  const views = [running, refused].filter((view) => view !== undefined);
  const [headings, web, db] = instanceTable(views).split("\n");
  expect(headings).toMatch(/OWNER +WHY$/);
  expect(web).toMatch(/^web .*alice$/);
  expect(db).toMatch(/^db .*alice +exec1: no room$/);
});

test("the list has no such column where all machines run", () => {
  expect(instanceTable([running].filter((view) => view !== undefined))).not.toMatch(/WHY|all is well/);
});
