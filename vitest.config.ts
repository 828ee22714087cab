import { defineConfig } from 'vitest/config';

/** Tests that boot machines under emulation: they take longer than a change should have to wait. */
const MACHINES = ['test/e2e/installer.test.ts', 'test/e2e/iso.test.ts', 'test/e2e/fedora-boot.test.ts'];

/** Three lanes: `unit` is quick and runs anywhere; `long` builds images and boots machines, one at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,property,golden,fault}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/e2e/**/*.test.ts'],
          exclude: MACHINES,
          testTimeout: 30 * 60_000,
          hookTimeout: 30 * 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'machines',
          include: MACHINES,
          testTimeout: 60 * 60_000,
          hookTimeout: 60 * 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
