import { malformed } from './malformed.ts';

/**
 * `href` of a repository's metadata as a path below the repository. Absolute paths, other hosts, `..`
 * and characters that a shell or a URL would read otherwise are refused.
 *
 * @throws {AppError} `repository.location`
 */
export function checkLocation(href: string | undefined, where: string): string {
  if (href !== undefined && href.length <= 1024 && SAFE.test(href)) {
    const parts = href.split('/');
    if (!parts.some((part) => ['', '.', '..'].includes(part))) return href;
  }
  throw malformed('repository.location', 'A repository names a file in a way that is not allowed.', where, {
    expected: 'a relative path without . and ..',
    got: href ?? 'nothing',
  });
}

const SAFE = /^[A-Za-z0-9_.+~^%=@,-][A-Za-z0-9_.+~^%=@,/-]*$/;
