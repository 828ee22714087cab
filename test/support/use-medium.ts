import { afterAll, beforeAll } from 'vitest';
import { buildMedium, type TestMedium } from './medium.ts';

/** The medium of a file of tests: built before its tests, given back after them, and not there outside of them. */
export function useMedium(): TestMedium {
  let medium: Awaited<ReturnType<typeof buildMedium>>;
  beforeAll(async () => {
    medium = await buildMedium();
  });
  afterAll(() => medium[Symbol.asyncDispose]());
  return {
    get project() {
      return medium.project;
    },
    get iso() {
      return medium.iso;
    },
    get files() {
      return medium.files;
    },
    get tools() {
      return medium.tools;
    },
  };
}
