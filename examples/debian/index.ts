import * as pulumi from "@pulumi/pulumi";
import { CondorImage, CondorInstance } from "pulumi-condor";

const config = new pulumi.Config();

const image = new CondorImage("debian-13", { source: config.require("image") });

const web = new CondorInstance("web", {
  image: image.reference,
  profile: { memoryMiB: 512, vcpus: 1, diskGiB: 4 }, // the root file system grows to it
  sshAuthorizedKeys: [config.require("sshPublicKey")],
  userData: {
    write_files: [{ path: "/etc/motd", content: "This machine was made by Pulumi.\n" }],
    runcmd: ["uname -a > /etc/made-on"],
  },
  // `pulumi up` ends when cloud-init has done all that, and fails with its own error where it could not.
  waitFor: "cloud-init",
});

export const address = web.ipAddress;
export const ssh = pulumi.interpolate`ssh debian@${web.ipAddress}`;
