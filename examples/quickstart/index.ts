import * as pulumi from "@pulumi/pulumi";
import { CondorImage, CondorInstance } from "pulumi-condor";

const config = new pulumi.Config();

// The image goes into the pool's store once; each machine boots from a fresh overlay of it.
const image = new CondorImage("guest", {
  source: config.require("image"),
  description: "Boot disk of the quickstart fleet",
});

const web = new CondorInstance("web", {
  image: image.reference,
  profile: config.get("webProfile") ?? "medium",
  labels: { role: "web" },
});

const workers = ["worker-1", "worker-2"].map(
  (name) => new CondorInstance(name, { image: image.reference, profile: "small", labels: { role: "worker" } }),
);

export const webAddress = web.ipAddress;
export const workerAddresses = workers.map((worker) => worker.ipAddress);
export const webConsole = web.vncAddress;
