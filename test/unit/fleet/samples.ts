import { keyOf } from "../../../provider/instance/resource-urn.ts";
import { DIGEST } from "../htcondor/samples.ts";

export const FLEET_URN = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Fleet::web";
export const FLEET_KEY = keyOf(FLEET_URN);

/** A fleet's inputs as its check hands them on. */
export const FLEET = {
  resourceUrn: FLEET_URN,
  count: 3,
  namePrefix: "web",
  image: `debian@sha256:${DIGEST}`,
  profile: { name: "small", memoryMiB: 512, vcpus: 1 },
  labels: {},
  updateStrategy: { maxUnavailable: 1, maxSurge: 0 },
  maxQueueSeconds: 30,
  timeoutSeconds: 20,
  timeouts: {},
};
