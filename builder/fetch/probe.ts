import { exists } from '../../edge/http.ts';
import type { RepositorySpec, SourceCandidate } from '../lock/ports.ts';
import type { FetchState } from './fetcher.ts';
import { locate, mirrorsOf } from './mirrors.ts';

/**
 * The paths (below the repository) of a source package's files that neither the store nor any mirror
 * has. Asks for the heads of the files only. A mirror that cannot be reached counts as not having them.
 */
export async function probeSource(
  state: FetchState,
  repository: RepositorySpec,
  { source }: SourceCandidate,
): Promise<string[]> {
  const mirrors = state.offline === true ? [] : mirrorsOf(repository, state.mirrors);
  const found = await Promise.all(
    source.files.map(async (file) => {
      const path = `${source.directory}/${file.name}`;
      if (await state.store.has(file)) return [];
      for (const mirror of mirrors) {
        const url = locate(mirror.url, path);
        const options = { size: file.size, ...(state.signal === undefined ? {} : { signal: state.signal }) };
        if (await state.pool.run(() => exists(url, options))) return [];
      }
      return [path];
    }),
  );
  return found.flat();
}
