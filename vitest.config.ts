import { configDefaults, defineConfig } from "vitest/config";

/** Files that take long and prove what others prove too, less thoroughly: run by `npm test -- NAME --full`. */
const SLOW = "**/*.full.test.ts";
const isFull = process.env.CONDOR_CLOUD_TEST_FULL === "1";
const exclude = [...configDefaults.exclude, ...(isFull ? [] : [SLOW])];

/** What the groups on real pools share. A hang is a failure, but no time is asserted: every wait has its own deadline. */
const onPools = {
  environment: "node",
  exclude,
  fileParallelism: false,
  // Tests that run beside each other mostly wait.
  maxConcurrency: 16,
  testTimeout: 600_000,
  hookTimeout: 1_200_000,
} as const;

/** A group of tests with a pool of its own that its `setup.ts` brings up and takes down. */
function groupWithPool(name: string, groupOrder: number) {
  return {
    test: {
      name,
      include: [`test/integration/${name}/**/*.test.ts`],
      globalSetup: [`test/integration/${name}/setup.ts`],
      ...onPools,
      sequence: { groupOrder },
    },
  };
}

/** One project a group of tests, run in this order; `npm test -- NAME` runs one. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          environment: "node",
          // Some start processes, beside other groups and on a machine that may be busy.
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "sandbox",
          include: ["test/integration/sandbox/**/*.test.ts"],
          ...onPools,
          sequence: { groupOrder: 2 },
        },
      },
      groupWithPool("main-job", 3),
      groupWithPool("execute-node", 4),
      groupWithPool("hostile", 5),
      groupWithPool("guests", 6),
      groupWithPool("faults", 7),
      groupWithPool("fleets", 8),
    ],
  },
});
