import { expect } from 'vitest';
import { AppError } from '../../core/errors.ts';

/**
 * Calls a parser on hostile input: it may succeed or throw an `AppError`; anything else fails the test.
 * Returns the code of the failure, or undefined.
 */
export function onlyAppErrors(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).code;
  }
}

/** As `onlyAppErrors`, for asynchronous work. */
export async function onlyAppErrorsAsync(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).code;
  }
}

/** The code of the `AppError` that `work` throws; fails when it throws none. */
export function codeOf(work: () => unknown): string {
  const code = onlyAppErrors(work);
  expect(code, 'nothing was thrown').toBeDefined();
  return code ?? '';
}

/** As `codeOf`, for asynchronous work. */
export async function codeOfAsync(work: () => Promise<unknown>): Promise<string> {
  const code = await onlyAppErrorsAsync(work);
  expect(code, 'nothing was thrown').toBeDefined();
  return code ?? '';
}

/** The `AppError` that `work` fails with; fails when it succeeds or throws anything else. */
export async function appErrorOf(work: () => unknown): Promise<AppError> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return error as AppError;
  }
  throw new Error('nothing was thrown');
}
