/**
 * As `Promise.all`, but waits until everything has ended before it throws the first failure: what was
 * under way has then cleaned up after itself.
 */
export async function settleAll<T>(work: Iterable<Promise<T>>): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
