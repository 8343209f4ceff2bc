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

test("the list says below it, in one line each, why a machine does not run", () => {
  const views = [running, refused].filter((view) => view !== undefined);
  const [headings, web, db, ...below] = instanceTable(views).split("\n");
  expect(headings).toMatch(/^NAME .*OWNER$/);
  expect(web).toMatch(/^web +small +running .*alice$/);
  expect(db).toMatch(/^db +small +queued .*alice$/);
  expect(below).toEqual(["db (12.0) is queued: exec1: no room"]);
});

test("the list says nothing more where all machines run", () => {
  const views = [running].filter((view) => view !== undefined);
  expect(instanceTable(views).split("\n")).toHaveLength(2);
});

test("words of others command no terminal", () => {
  const evil = refused && { ...refused, message: "no\u001b]0;title\u0007 room\u009b2J" };
  expect(instanceTable(evil ? [evil] : [])).toContain("db (12.0) is queued: no ]0;title room 2J");
});
