import { defineConfig } from "vitest/config";

/** One project a group of tests; `npm test -- NAME` runs one. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], environment: "node" } },
      {
        test: {
          name: "main-job",
          include: ["test/integration/main-job/**/*.test.ts"],
          environment: "node",
          globalSetup: ["test/integration/main-job/setup.ts"],
          fileParallelism: false,
          // A hang is a failure, but nothing here is a timing assertion: every wait inside has its own deadline.
          testTimeout: 600_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
