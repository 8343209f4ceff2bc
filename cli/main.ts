#!/usr/bin/env node
import { report } from "./exit.ts";
import { condorCloud } from "./program.ts";

try {
  await condorCloud().parseAsync();
} catch (error) {
  report(error);
}
