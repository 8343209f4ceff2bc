import { accountChecks } from "./accounts.ts";
import type { Check } from "./check.ts";
import { condorChecks } from "./htcondor.ts";
import { softwareChecks } from "./software.ts";
import { storageChecks } from "./storage.ts";
import { virtualizationChecks } from "./virtualization.ts";

/** What must be so before an install, and stay so. */
export const prerequisites: readonly Check[] = [
  ...softwareChecks,
  ...accountChecks,
  ...virtualizationChecks,
  ...storageChecks,
  ...condorChecks,
];
