import * as pulumi from "@pulumi/pulumi";
import { CondorFleet, CondorImage } from "pulumi-condor";

const config = new pulumi.Config();
const count = config.getNumber("count") ?? 3;

// The image goes into the pool's store once; each machine boots from a fresh overlay of it.
const image = new CondorImage("fleet-guest", {
  source: config.require("image"),
  description: "Boot disk of the example fleet",
});

// One resource, however many machines: worker-0, worker-1, …
const workers = new CondorFleet("worker", {
  image: image.reference,
  count,
  profile: config.get("profile") ?? "small",
  labels: { role: "worker" },
  // One of them is larger.
  overrides: { "worker-0": { profile: "medium", labels: { role: "head" } } },
  // In a pool that is busy some may still queue when `pulumi up` ends; the next one goes on waiting for them.
  minReady: Math.ceil(count / 2),
});

export const addresses = workers.members.apply((members) =>
  Object.fromEntries(Object.entries(members).map(([name, { ipAddress }]) => [name, ipAddress])),
);
export const ready = pulumi.interpolate`${workers.ready} of ${workers.count}`;
