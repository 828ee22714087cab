import { expect, test } from 'vitest';
import { settleAll } from '../../../core/settle.ts';

test('returns all values in order', async () => {
  expect(await settleAll([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});

test('throws the first failure only when everything has ended', async () => {
  let ended = false;
  const slow = new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => {
    ended = true;
  });
  await expect(settleAll([Promise.reject(new Error('first')), slow])).rejects.toThrow('first');
  expect(ended).toBe(true);
});
