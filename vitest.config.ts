import { defineConfig } from "vitest/config";

/** What the groups on real pools share. A hang is a failure, but no time is asserted: every wait has its own deadline. */
const onPools = { environment: "node", fileParallelism: false, testTimeout: 600_000, hookTimeout: 1_200_000 } as const;

/** One project a group of tests, run in this order; `npm test -- NAME` runs one. */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], environment: "node", sequence: { groupOrder: 1 } },
      },
      {
        test: {
          name: "sandbox",
          include: ["test/integration/sandbox/**/*.test.ts"],
          ...onPools,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "main-job",
          include: ["test/integration/main-job/**/*.test.ts"],
          globalSetup: ["test/integration/main-job/setup.ts"],
          ...onPools,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
