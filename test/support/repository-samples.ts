/** The digests that stand in the samples. */
export const digests = {
  primary: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
  open: '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d',
  package: '2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6',
  sha512:
    '1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75',
};

export const repomdText = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1700000001</revision>
  <data type="primary">
    <checksum type="sha256">${digests.primary}</checksum>
    <open-checksum type="sha256">${digests.open}</open-checksum>
    <location href="repodata/${digests.primary}-primary.xml.zst"/>
    <timestamp>1700000000</timestamp>
    <size>134</size>
    <open-size>167</open-size>
  </data>
  <data type="primary_zck">
    <checksum type="sha256">${digests.open}</checksum>
    <location href="repodata/${digests.open}-primary.xml.zck"/>
    <timestamp>1700000002</timestamp>
  </data>
</repomd>
`;

export const metalinkText = `<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager">
  <files>
    <file name="repomd.xml">
      <mm0:timestamp>1700000002</mm0:timestamp>
      <size>1234</size>
      <verification>
        <hash type="md5">00000000000000000000000000000000</hash>
        <hash type="sha256">${digests.primary}</hash>
        <hash type="sha512">${digests.sha512}</hash>
      </verification>
      <mm0:alternates>
        <mm0:alternate>
          <mm0:timestamp>1600000000</mm0:timestamp>
          <size>1200</size>
          <verification><hash type="sha256">${digests.open}</hash></verification>
        </mm0:alternate>
      </mm0:alternates>
      <resources maxconnections="1">
        <url protocol="rsync" type="rsync" preference="100">rsync://one.example/repodata/repomd.xml</url>
        <url protocol="http" type="http" preference="90">http://two.example/repodata/repomd.xml</url>
        <url protocol="https" type="https" preference="99">https://one.example/repodata/repomd.xml</url>
      </resources>
    </file>
  </files>
</metalink>
`;

export const primaryText = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="1">
<package type="rpm">
  <name>sample</name>
  <arch>noarch</arch>
  <version epoch="1" ver="1.0~rc1" rel="2.fc43"/>
  <checksum type="sha256" pkgid="YES">${digests.package}</checksum>
  <summary>A &lt;sample&gt;</summary>
  <description>Made by a test.</description>
  <time file="1700000000" build="1700000000"/>
  <size package="2845" installed="5000" archive="404"/>
  <location href="Packages/s/sample-1.0~rc1-2.fc43.noarch.rpm"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:sourcerpm>sample-1.0~rc1-2.fc43.src.rpm</rpm:sourcerpm>
    <rpm:provides><rpm:entry name="sample" flags="EQ" epoch="0" ver="1.0"/></rpm:provides>
    <file>/usr/share/sample/name</file>
  </format>
</package>
</metadata>
`;

/** A zchunk file of 56 bytes of text in one piece, made by zck of createrepo_c's own tests. */
export const zchunkSample = Buffer.from(
  'AFpDSzGBym9An9+Z6Xl5UZzclqbWgBxEYaQvXTW3xWqCWRsdEG1YPkxL9PG7DMnzG4Uw9R1qxbVbgAujM148z9OWk5WFr3OAgqaDggAAAAAAAAAAAAAAAAAAAACAgHfP7GIzM0whvWE62UV7E7utuIAotS/9IDglAQDQZm9vYmFyIGZ0ZXN0CmZvbGtqc2FmZG9rZgoDEAORg4uI5gI=',
  'base64',
);
