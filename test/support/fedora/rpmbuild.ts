import type { OwnPackageDefinition } from '../../../builder/recipe/own-package/definition.ts';

/** The spec file that a person would write for a package of ours whose files lie unpacked in /build/tree. */
export function specOf(definition: OwnPackageDefinition, evr: string): string {
  const { name, description, files, links, fedora } = definition;
  const [version = '', release = ''] = evr.split('-');
  const requires = (fedora?.requires ?? []).map((text) => `Requires: ${text}`);
  return `Name: ${name}
Version: ${version}
Release: ${release}
Summary: ${description}
License: ${fedora?.license ?? ''}
AutoReq: no
${requires.join('\n')}
%description
${description}.
%install
mkdir -p %{buildroot}
cp -a /build/tree/. %{buildroot}
%files
${(fedora?.directories ?? []).map((path) => `%dir %attr(0755,root,root) ${path}`).join('\n')}
${files.map(({ target, mode }) => `${target.startsWith('/etc/') ? '%config(noreplace) ' : ''}%attr(${mode},root,root) ${target}`).join('\n')}
${links.map(({ path }) => path).join('\n')}
`;
}

/** Unpacks /in/files/own.rpm and builds it anew from /job/own.spec, as /build/theirs.rpm. */
export const RPMBUILD = `
export HOME=/build
mkdir /build/tree /build/scratch
mount --bind /build/scratch /var/tmp
rpm2archive --nocompression - </in/files/own.rpm | tar -C /build/tree -x
rpmbuild -bb --quiet --target x86_64 --define '_topdir /build/rpm' --define '_buildhost reproducible' \\
  --define '__spec_install_post %{nil}' --define 'debug_package %{nil}' --define '_build_id_links none' \\
  /job/own.spec >&2
mv /build/rpm/RPMS/x86_64/*.rpm /build/theirs.rpm
`;

/** What rpm says of a package, each entry a line, for both to be compared. */
export const RPM_SAYS = String.raw`
says() {
  rpm -qp --qf '%{NEVRA} %{OS} %{SUMMARY} %{LICENSE} %{BUILDHOST} %{PAYLOADFORMAT} %{FILEDIGESTALGO}\n' $1
  rpm -qp --qf '[%{FILENAMES} %{FILEMODES:octal} %{FILEDIGESTS} %{FILELINKTOS} %{FILEFLAGS} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEVERIFYFLAGS}\n]' $1
  rpm -qp --requires $1 | grep -v '^rpmlib(' | sed 's/^/requires /' | LC_ALL=C sort
  rpm -qp --provides $1 | sed 's/^/provides /' | LC_ALL=C sort
  rpm -qp --scripts --triggers --filetriggers $1
}
`;
