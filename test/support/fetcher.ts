import type { Event } from '../../core/events.ts';
import { Fetcher, type FetchContext } from '../../builder/fetch/fetcher.ts';
import type { Store } from '../../builder/store/store.ts';
import type { MiniMirror } from './mini-mirror.ts';

/** A Fetcher that knows the mirror's key and does not wait between attempts; `events` collects what it says. */
export function fetcherFor(
  store: Store,
  mirror: MiniMirror,
  options: Partial<FetchContext> = {},
): { readonly fetcher: Fetcher; readonly events: Event[] } {
  const events: Event[] = [];
  const fetcher = new Fetcher({
    store,
    keyring: () => Promise.resolve(mirror.keyring),
    mirrors: { chosen: new Map(), host: [] },
    clock: Date.now,
    sink: (event) => events.push(event),
    retry: { attempts: 2, base: 1, longest: 2 },
    ...options,
  });
  return { fetcher, events };
}
