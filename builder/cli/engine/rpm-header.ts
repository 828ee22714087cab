import type { Artifact } from '../../graph/stage.ts';
import type { RpmHeader } from '../../formats/rpm/header.ts';
import { readRpm } from '../../formats/rpm/package.ts';
import type { Session } from './session.ts';

/** The main header of a package in the store. */
export async function headerOf(
  { store }: Session,
  rpm: Artifact & { readonly name: string },
): Promise<RpmHeader> {
  const { header, payload } = await readRpm(store.stream(rpm, rpm.name), rpm.name);
  // What is not read to its end has to be closed, which only a stream that was begun can be.
  const rest = payload[Symbol.asyncIterator]();
  await rest.next();
  await rest.return?.();
  return header;
}
