import { defineConfig } from 'vitest/config';

/** Tests that boot machines under emulation. */
const MACHINES = ['test/e2e/iso.test.ts', 'test/e2e/fedora-boot.test.ts'];

/** Whole installations under emulation: a quarter of an hour each, more than a change should have to wait for. */
const INSTALLATIONS = [
  'test/e2e/installer.test.ts',
  'test/e2e/wizard.test.ts',
  'test/e2e/power-cut.test.ts',
  'test/e2e/hardware-gate.test.ts',
  'test/e2e/damaged-medium.test.ts',
  'test/e2e/other-volumes.test.ts',
];

/** The qubes of an installed machine: most of an hour, and its disk before, which is made if need be. */
const QUBES = ['network', 'storage', 'fedora'].map((name) => `test/e2e/qubes-${name}.test.ts`);

/** Five lanes: `unit` is quick and runs anywhere; the others build images and start machines, one at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,property,golden,fault}/**/*.test.ts', 'test/*.test.ts'],
          // Ten times what the longest needs on a slow host: beside an emulated machine it needs more.
          testTimeout: 100_000,
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...MACHINES, ...INSTALLATIONS, ...QUBES],
          testTimeout: 30 * 60_000,
          hookTimeout: 30 * 60_000,
          fileParallelism: false,
        },
      },
      ...[
        { name: 'machines', include: MACHINES },
        { name: 'installations', include: INSTALLATIONS },
        { name: 'qubes', include: QUBES },
      ].map((lane) => ({
        test: {
          ...lane,
          ...{ testTimeout: 60 * 60_000, hookTimeout: 60 * 60_000, fileParallelism: false },
          // A machine under emulation keeps one processor busy.
          maxConcurrency: 2,
        },
      })),
    ],
  },
});
